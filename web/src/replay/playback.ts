/** Where a vehicle was at a moment of its day, and what is known of it then. Pure. */
import type { TrackPoint } from "../api/shapes";

export interface Mark {
  atMs: number;
  lon: number;
  lat: number;
  accuracyM: number | null;
  state: TrackPoint["state"];
}

export interface Place {
  lon: number;
  lat: number;
  state: TrackPoint["state"];
  accuracyM: number | null;
  /** How old the last seen position is then, milliseconds; 0 while it is followed. */
  ageMs: number;
}

export function marksOf(points: readonly TrackPoint[]): Mark[] {
  return points.map((point) => ({
    atMs: Date.parse(point.at),
    lon: point.lon,
    lat: point.lat,
    accuracyM: point.accuracy_m,
    state: point.state,
  }));
}

/** Index of the last mark at or before a moment, -1 before the first. */
export function indexAt(marks: readonly Mark[], atMs: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Between two marks of a drive the place is on the line between them; in a gap it stays where it
 * was last seen and grows old. Before the first mark nothing is known.
 */
export function placeAt(marks: readonly Mark[], atMs: number): Place | null {
  const index = indexAt(marks, atMs);
  const mark = marks[index];
  if (mark === undefined) return null;
  const { lon, lat, state, accuracyM } = mark;
  const next = marks[index + 1];
  if (state === "gap" || next === undefined) {
    return { lon, lat, state: "gap", accuracyM, ageMs: atMs - mark.atMs };
  }
  if (state !== "moving") return { lon, lat, state, accuracyM, ageMs: 0 };
  const share = (atMs - mark.atMs) / Math.max(next.atMs - mark.atMs, 1);
  return {
    lon: lon + share * (next.lon - lon),
    lat: lat + share * (next.lat - lat),
    state,
    accuracyM,
    ageMs: 0,
  };
}

/** Keep a moment inside the day that was seen. */
export function clamped(marks: readonly Mark[], atMs: number): number {
  const first = marks[0]?.atMs ?? atMs;
  const last = marks[marks.length - 1]?.atMs ?? atMs;
  return Math.min(Math.max(atMs, first), last);
}
