/**
 * A drawing in the making: what each gesture does to it, and how far back one can go.
 *
 * Pure: the map, the keyboard and the form all speak in these actions. Rings are open here (the
 * first point is not said again); a circle is one ring of one point.
 */
import type { Fence } from "../api/shapes";
import type { LonLat } from "../map/features";
import { metresBetween, middle, ringAreaM2 } from "./measure";

export type Shape = Fence["geometry"]["type"];
export interface Place {
  ring: number;
  index: number;
}

export interface Sketch {
  shape: Shape;
  rings: LonLat[][];
  /** The ring being drawn, null when the drawing is whole. */
  drawing: number | null;
  radiusM: number;
  widthM: number;
  selected: Place | null;
}

export type Action =
  | { kind: "add"; at: LonLat }
  | { kind: "close" }
  | { kind: "cancel" }
  | { kind: "hole" }
  | { kind: "move"; place: Place; at: LonLat }
  | { kind: "insert"; place: Place; at: LonLat }
  | { kind: "remove"; place: Place }
  | { kind: "radius"; metres: number }
  | { kind: "width"; metres: number }
  | { kind: "select"; place: Place | null }
  | { kind: "step"; by: 1 | -1 };

export const LIMITS = { radius: [5, 20_000], width: [2, 2_000] } as const;
const LEAST: Record<Shape, number> = { Polygon: 3, LineString: 2, Point: 1 };
const HISTORY_MOST = 100;

export function fresh(shape: Shape): Sketch {
  return { shape, rings: [[]], drawing: 0, radiusM: 100, widthM: 20, selected: null };
}

/** The drawing a fence was saved with. */
export function sketchOf(
  geometry: Fence["geometry"],
  radiusM: number | null,
  widthM: number | null,
): Sketch {
  const rings =
    geometry.type === "Polygon"
      ? geometry.coordinates.map((ring) => ring.slice(0, -1))
      : geometry.type === "LineString"
        ? [geometry.coordinates]
        : [[geometry.coordinates]];
  return {
    ...fresh(geometry.type),
    rings: rings.map((ring) => ring.map(([lon, lat]): LonLat => [lon, lat])),
    drawing: null,
    radiusM: radiusM ?? 100,
    widthM: widthM ?? 20,
  };
}

const rounded = ([lon, lat]: LonLat): LonLat => [Number(lon.toFixed(7)), Number(lat.toFixed(7))];

/** The GeoJSON and the measures the server takes; null while the drawing is not whole. */
export function geometryOf(
  sketch: Sketch,
): { geometry: Fence["geometry"]; radius_m: number | null; width_m: number | null } | null {
  if (!isWhole(sketch)) return null;
  const rings = sketch.rings.map((ring) => ring.map(rounded));
  const line = rings[0] ?? [];
  const centre = line[0] ?? [0, 0];
  switch (sketch.shape) {
    case "Polygon": {
      const closed = rings.map((ring) => [...ring, ...ring.slice(0, 1)]);
      return { geometry: { type: "Polygon", coordinates: closed }, radius_m: null, width_m: null };
    }
    case "LineString":
      return {
        geometry: { type: "LineString", coordinates: line },
        radius_m: null,
        width_m: sketch.widthM,
      };
    case "Point":
      return {
        geometry: { type: "Point", coordinates: centre },
        radius_m: sketch.radiusM,
        width_m: null,
      };
  }
}

export function isWhole(sketch: Sketch): boolean {
  const least = LEAST[sketch.shape];
  return sketch.drawing === null && sketch.rings.every((ring) => ring.length >= least);
}

/** Whether the ring in hand has enough points to be closed. */
export function canClose(sketch: Sketch): boolean {
  const ring = sketch.drawing === null ? undefined : sketch.rings[sketch.drawing];
  return ring !== undefined && ring.length >= LEAST[sketch.shape];
}

/** The points between two neighbours, by which a new one is pulled out. */
export function midpoints(sketch: Sketch): { place: Place; at: LonLat }[] {
  if (sketch.drawing !== null || sketch.shape === "Point") return [];
  return sketch.rings.flatMap((ring, r) =>
    ring.flatMap((point, i) => {
      const last = i === ring.length - 1;
      const next = ring[(i + 1) % ring.length];
      if (next === undefined || (last && sketch.shape === "LineString")) return [];
      return [{ place: { ring: r, index: i + 1 }, at: middle(point, next) }];
    }),
  );
}

/** Square metres, as drawn. */
export function areaM2(sketch: Sketch): number {
  const [line = []] = sketch.rings;
  switch (sketch.shape) {
    case "Polygon": {
      const [outer = 0, ...holes] = sketch.rings.map(ringAreaM2);
      return Math.max(0, outer - holes.reduce((sum, hole) => sum + hole, 0));
    }
    case "LineString": {
      const metres = line.slice(1).reduce((sum, at, i) => sum + metresBetween(line[i] ?? at, at), 0);
      return metres * sketch.widthM + (Math.PI * sketch.widthM ** 2) / 4;
    }
    case "Point":
      return Math.PI * sketch.radiusM ** 2;
  }
}

const bounded = (value: number, [least, most]: readonly [number, number]) =>
  Math.min(most, Math.max(least, Math.round(value)));

function replaced(sketch: Sketch, r: number, change: (ring: LonLat[]) => LonLat[]): Sketch {
  return { ...sketch, rings: sketch.rings.map((ring, i) => (i === r ? change(ring) : ring)) };
}

export function drawn(sketch: Sketch, action: Action): Sketch {
  switch (action.kind) {
    case "add":
      return added(sketch, action.at);
    case "close":
      return canClose(sketch) ? { ...sketch, drawing: null } : sketch;
    case "cancel":
      return cancelled(sketch);
    case "hole":
      return sketch.shape === "Polygon" && isWhole(sketch)
        ? { ...sketch, rings: [...sketch.rings, []], drawing: sketch.rings.length, selected: null }
        : sketch;
    case "move":
      return replaced(sketch, action.place.ring, (ring) =>
        ring.map((point, i) => (i === action.place.index ? action.at : point)),
      );
    case "insert": {
      const { ring, index } = action.place;
      const more = replaced(sketch, ring, (points) => points.toSpliced(index, 0, action.at));
      return { ...more, selected: action.place };
    }
    case "remove":
      return removed(sketch, action.place);
    case "radius":
      return { ...sketch, radiusM: bounded(action.metres, LIMITS.radius) };
    case "width":
      return { ...sketch, widthM: bounded(action.metres, LIMITS.width) };
    case "select":
      return { ...sketch, selected: action.place };
    case "step":
      return stepped(sketch, action.by);
  }
}

function added(sketch: Sketch, at: LonLat): Sketch {
  const { drawing } = sketch;
  if (drawing === null) return sketch;
  const ring = sketch.rings[drawing] ?? [];
  if (sketch.shape !== "Point") return replaced(sketch, drawing, (points) => [...points, at]);
  // The first point is the centre, the second says how far the circle reaches.
  const [centre] = ring;
  if (centre === undefined) return replaced(sketch, drawing, () => [at]);
  const radiusM = bounded(metresBetween(centre, at), LIMITS.radius);
  return { ...sketch, radiusM, drawing: null };
}

/** Give up the ring in hand; the first one starts anew. */
function cancelled(sketch: Sketch): Sketch {
  const { drawing } = sketch;
  if (drawing === null) return { ...sketch, selected: null };
  if (drawing === 0) return { ...sketch, rings: [[]], selected: null };
  return {
    ...sketch,
    rings: sketch.rings.filter((_, i) => i !== drawing),
    drawing: null,
    selected: null,
  };
}

function removed(sketch: Sketch, { ring: r, index }: Place): Sketch {
  const ring = sketch.rings[r] ?? [];
  if (sketch.drawing === null && ring.length <= LEAST[sketch.shape]) {
    // A hole of three points goes as a whole; the outline must stay one.
    if (r === 0) return sketch;
    return { ...sketch, rings: sketch.rings.filter((_, i) => i !== r), selected: null };
  }
  const fewer = replaced(sketch, r, (points) => points.toSpliced(index, 1));
  const left = ring.length - 1;
  const selected = sketch.drawing === null && left > 0 ? { ring: r, index: index % left } : null;
  return { ...fewer, selected };
}

/** Select the next point, or the one before, through all rings. */
function stepped(sketch: Sketch, by: 1 | -1): Sketch {
  const all = sketch.rings.flatMap((ring, r) => ring.map((_, index) => ({ ring: r, index })));
  if (all.length === 0) return sketch;
  const { selected } = sketch;
  const now = all.findIndex((p) => p.ring === selected?.ring && p.index === selected.index);
  const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length;
  return { ...sketch, selected: all[next] ?? null };
}

export interface History {
  past: Sketch[];
  present: Sketch;
  future: Sketch[];
}

export function begun(present: Sketch): History {
  return { past: [], present, future: [] };
}

const REMEMBERED = new Set<Action["kind"]>(["select", "step"]);

/** Apply an action. With `onto` it goes onto the last step: a drag is one step, however long. */
export function advanced(history: History, action: Action, onto = false): History {
  const present = drawn(history.present, action);
  if (present === history.present) return history;
  if (onto || REMEMBERED.has(action.kind)) return { ...history, present };
  const past = [...history.past, history.present].slice(-HISTORY_MOST);
  return { past, present, future: [] };
}

export function undone(history: History): History {
  const present = history.past.at(-1);
  if (present === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: { ...present, selected: null },
    future: [history.present, ...history.future],
  };
}

export function redone(history: History): History {
  const [present, ...future] = history.future;
  if (present === undefined) return history;
  return { past: [...history.past, history.present], present, future };
}
