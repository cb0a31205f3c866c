/** Task markers: a pin's head whose form tells the state, in the crew's colour when it has one. */
import { TONES } from "../ui/colours";
import type { Draw } from "./icons";

export type TaskMark = "unassigned" | "planned" | "offered" | "accepted" | "working" | "done" | "late";

const PLAIN = "#5b6b79";

function disc(c: CanvasRenderingContext2D, radius: number, fill: string, line: string): void {
  c.beginPath();
  c.arc(0, 0, radius + 1.6, 0, 2 * Math.PI);
  c.fillStyle = "#ffffff";
  c.fill();
  c.beginPath();
  c.arc(0, 0, radius, 0, 2 * Math.PI);
  c.fillStyle = fill;
  c.fill();
  c.strokeStyle = line;
  c.lineWidth = 2;
  c.stroke();
}

const unassigned: Draw = (c) => {
  c.rotate(Math.PI / 4);
  c.beginPath();
  c.roundRect(-8.5, -8.5, 17, 17, 3.5);
  c.strokeStyle = "#ffffff";
  c.lineWidth = 3.5;
  c.stroke();
  c.fillStyle = TONES.alert;
  c.fill();
  c.rotate(-Math.PI / 4);
  c.strokeStyle = "#ffffff";
  c.lineWidth = 2.4;
  c.beginPath();
  c.moveTo(0, -5);
  c.lineTo(0, 1);
  c.moveTo(0, 5);
  c.lineTo(0, 5.05);
  c.stroke();
};

const done: Draw = (c) => {
  disc(c, 7.5, "#9aa7b1", "#9aa7b1");
  c.strokeStyle = "#ffffff";
  c.lineWidth = 2;
  c.beginPath();
  c.moveTo(-3.4, 0.2);
  c.lineTo(-0.9, 2.8);
  c.lineTo(3.6, -2.6);
  c.stroke();
};

const working: Draw = (c) => {
  disc(c, 10.5, TONES.onsite, TONES.onsite);
  c.fillStyle = "#ffffff";
  c.beginPath();
  c.moveTo(-3, -4.8);
  c.lineTo(5, 0);
  c.lineTo(-3, 4.8);
  c.closePath();
  c.fill();
};

/** The images by name; a planned one is open, an accepted one full, an offered one ringed. */
export function taskIcons(): [TaskMark, Draw][] {
  return [
    ["unassigned", unassigned],
    ["planned", (c) => disc(c, 9, "#ffffff", PLAIN)],
    [
      "offered",
      (c) => {
        disc(c, 9, "#ffffff", TONES.onway);
        c.setLineDash([2.2, 3]);
        c.beginPath();
        c.arc(0, 0, 12.6, 0, 2 * Math.PI);
        c.strokeStyle = TONES.onway;
        c.stroke();
      },
    ],
    ["accepted", (c) => disc(c, 9, TONES.onway, TONES.onway)],
    ["late", (c) => disc(c, 9, TONES.late, TONES.late)],
    ["working", working],
    ["done", done],
  ];
}

/** The colour of the number written on a mark. */
export function inkOf(mark: TaskMark): string {
  return mark === "planned" ? PLAIN : mark === "offered" ? TONES.onway : "#ffffff";
}

/** Marks that carry the visit's number. */
export function isNumbered(mark: TaskMark): boolean {
  return mark === "planned" || mark === "offered" || mark === "accepted" || mark === "late";
}
