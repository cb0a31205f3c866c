/** Symbols drawn on a canvas: shape says vehicle or phone, moving or not, fresh or stale. */
import type { Map as MapLibre } from "maplibre-gl";
import type { Tone } from "../live/status";
import { FENCES, INK, TONES } from "../ui/colours";
import { taskIcons } from "./taskIcons";

export const RATIO = 2;
export type Draw = (c: CanvasRenderingContext2D) => void;

/** Draw on a square of `side` CSS pixels with the origin in its middle. */
export function drawn(side: number, draw: Draw): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * RATIO;
  const c = canvas.getContext("2d");
  if (c === null) throw new Error("no 2d canvas");
  c.scale(RATIO, RATIO);
  c.translate(side / 2, side / 2);
  c.lineJoin = "round";
  c.lineCap = "round";
  draw(c);
  return c.getImageData(0, 0, canvas.width, canvas.height);
}

export interface DeviceLook {
  vehicle: boolean;
  moving: boolean;
  stale: boolean;
  tone: Tone;
}

export function deviceIcon({ vehicle, moving, stale, tone }: DeviceLook): string {
  return `${vehicle ? "vehicle" : "phone"}-${moving ? "arrow" : "still"}-${stale ? "hollow" : "full"}-${tone}`;
}

function outline({ vehicle, moving }: DeviceLook): Path2D {
  const path = new Path2D();
  if (vehicle && moving) {
    // A navigator's arrow: the notch says which end is the back.
    path.moveTo(0, -14);
    path.lineTo(10.5, 11.5);
    path.lineTo(0, 6.5);
    path.lineTo(-10.5, 11.5);
    path.closePath();
  } else if (vehicle) {
    path.roundRect(-10, -10, 20, 20, 5.5);
  } else if (moving) {
    // A disc with a beak.
    path.moveTo(0, -13);
    path.lineTo(6.4, -5);
    path.arc(0, 0, 8, -0.68, Math.PI + 0.68);
    path.closePath();
  } else {
    path.arc(0, 0, 8, 0, 2 * Math.PI);
  }
  return path;
}

function glyph(c: CanvasRenderingContext2D, { vehicle, moving }: DeviceLook): void {
  if (vehicle && !moving) {
    c.fillRect(-6.2, -3.6, 7, 6.2);
    c.beginPath();
    c.moveTo(1.8, -1.8);
    c.lineTo(4.4, -1.8);
    c.lineTo(6.4, 0.6);
    c.lineTo(6.4, 2.6);
    c.lineTo(1.8, 2.6);
    c.closePath();
    c.fill();
    for (const x of [-3.4, 3.4]) {
      c.beginPath();
      c.arc(x, 3.6, 1.7, 0, 2 * Math.PI);
      c.fill();
    }
  } else if (!vehicle) {
    c.beginPath();
    c.arc(0, -2, 2.3, 0, 2 * Math.PI);
    c.fill();
    c.beginPath();
    c.arc(0, 4.6, 4, Math.PI, 2 * Math.PI);
    c.closePath();
    c.fill();
  }
}

export function drawDevice(look: DeviceLook): Draw {
  return (c) => {
    const path = outline(look);
    const colour = TONES[look.tone];
    c.save();
    c.shadowColor = "rgba(16, 38, 58, 0.35)";
    c.shadowBlur = 5;
    c.shadowOffsetY = 1.5;
    c.strokeStyle = "#ffffff";
    c.lineWidth = 4.5;
    c.stroke(path);
    c.restore();
    c.fillStyle = look.stale ? "#fbfcf9" : colour;
    c.fill(path);
    if (look.stale) {
      c.strokeStyle = colour;
      c.lineWidth = 2;
      c.stroke(path);
    }
    c.fillStyle = look.stale ? colour : "#ffffff";
    glyph(c, look);
  };
}

function drawBadge(colour: string, sign: string): Draw {
  return (c) => {
    c.beginPath();
    c.arc(0, 0, 6.5, 0, 2 * Math.PI);
    c.fillStyle = "#ffffff";
    c.fill();
    c.beginPath();
    c.arc(0, 0, 5.4, 0, 2 * Math.PI);
    c.fillStyle = colour;
    c.fill();
    c.strokeStyle = c.fillStyle = "#ffffff";
    c.lineWidth = 1.4;
    c.beginPath();
    if (sign === "late") {
      c.moveTo(0, -3);
      c.lineTo(0, 0);
      c.lineTo(2.2, 1.4);
    } else {
      c.moveTo(0, -2.9);
      c.lineTo(0, 0.6);
      c.moveTo(0, 2.8);
      c.lineTo(0, 2.85);
    }
    c.stroke();
  };
}

export const drawDepot: Draw = (c) => {
  c.beginPath();
  c.moveTo(-8, 7);
  c.lineTo(-8, -2);
  c.lineTo(0, -8);
  c.lineTo(8, -2);
  c.lineTo(8, 7);
  c.closePath();
  c.strokeStyle = "#ffffff";
  c.lineWidth = 4;
  c.stroke();
  c.fillStyle = FENCES.depot ?? INK;
  c.fill();
  c.fillStyle = "#ffffff";
  c.fillRect(-4, 0.5, 8, 6.5);
  c.fillStyle = FENCES.depot ?? INK;
  c.fillRect(-4, 2.4, 8, 1.1);
  c.fillRect(-4, 4.8, 8, 1.1);
};

function hatch(colour: string): ImageData {
  return drawn(12, (c) => {
    c.strokeStyle = colour;
    c.lineWidth = 1.6;
    c.lineCap = "butt";
    c.beginPath();
    for (const shift of [-12, 0, 12]) {
      c.moveTo(-7 + shift, 7);
      c.lineTo(7 + shift, -7);
    }
    c.stroke();
  });
}

export function addIcons(map: MapLibre): void {
  const add = (name: string, image: ImageData) => map.addImage(name, image, { pixelRatio: RATIO });
  for (const tone of Object.keys(TONES) as Tone[]) {
    for (const vehicle of [true, false]) {
      for (const moving of [true, false]) {
        for (const stale of [true, false]) {
          const look = { vehicle, moving, stale, tone };
          add(deviceIcon(look), drawn(44, drawDevice(look)));
        }
      }
    }
  }
  add("badge-late", drawn(16, drawBadge(TONES.late, "late")));
  add("badge-alert", drawn(16, drawBadge(TONES.alert, "alert")));
  add("depot", drawn(24, drawDepot));
  for (const kind of ["forbidden", "danger"]) add(`hatch-${kind}`, hatch(FENCES[kind] ?? INK));
  for (const [name, draw] of taskIcons()) add(name, drawn(30, draw));
}
