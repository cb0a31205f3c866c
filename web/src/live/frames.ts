/** The frames of `/api/v1/live`, told apart by the field they carry. */
import type { FixRow, LiveEvent, Problem, Snapshot } from "../api/shapes";

export type Bbox = [west: number, south: number, east: number, north: number];

export interface Viewport {
  bbox: Bbox;
  zoom: number;
}

export type Frame =
  | { type: "snapshot"; snapshot: Snapshot; at: number }
  | { type: "resumed"; at: number }
  | { type: "events"; events: LiveEvent[] }
  | { type: "fixes"; now: string; fixes: FixRow[] }
  | { type: "problem"; problem: Problem };

interface Raw {
  snapshot?: Snapshot | null;
  at?: number;
  resumed?: boolean;
  events?: LiveEvent[];
  now?: string;
  fixes?: FixRow[];
  problem?: Problem;
}

/** Return what the text says; null for a frame of a kind this version does not know. */
export function readFrame(text: string): Frame | null {
  const raw = JSON.parse(text) as Raw;
  if (raw.snapshot !== undefined && raw.snapshot !== null && raw.at !== undefined) {
    return { type: "snapshot", snapshot: raw.snapshot, at: raw.at };
  }
  if (raw.resumed === true && raw.at !== undefined) return { type: "resumed", at: raw.at };
  if (raw.events !== undefined) return { type: "events", events: raw.events };
  if (raw.fixes !== undefined && raw.now !== undefined) {
    return { type: "fixes", now: raw.now, fixes: raw.fixes };
  }
  if (raw.problem !== undefined) return { type: "problem", problem: raw.problem };
  return null;
}
