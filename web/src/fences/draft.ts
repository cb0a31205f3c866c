/** A fence's form: its fields as typed, its checks, and the body it becomes. */
import type { Fence, FenceChange, NewFence, Problem } from "../api/shapes";
import { geometryOf, type Sketch, sketchOf } from "./sketch";

export const KINDS = ["site", "depot", "forbidden", "danger"] as const;
export const PRESENCE = ["buffer_m", "dwell_s", "max_accuracy_m"] as const;
export const BOUNDS = {
  margin_m: [0, 500],
  buffer_m: [0, 1000],
  dwell_s: [0, 3600],
  max_accuracy_m: [1, 5000],
} as const;
export type Measure = keyof typeof BOUNDS;

/** One line of hours: the same on each of its days, Monday 0. */
export interface Hours {
  days: number[];
  from: string;
  to: string;
}

export interface Draft {
  name: string;
  site: string | null;
  kind: Fence["kind"];
  active: boolean;
  measures: Partial<Record<Measure, number | "">>;
  /** Null: always watched. */
  hours: Hours[] | null;
}

export type FaultKey = "name" | "shape" | "measure" | "hours" | "overlap";
export type Field = "name" | "shape" | "hours" | Measure;
export type Fault = { key: FaultKey } | { key: "crosses"; lon: number; lat: number } | { words: string };
export type Faults = Partial<Record<Field, Fault>>;

type Week = NonNullable<Fence["schedule"]>["week"];

export function freshDraft(site: string | null): Draft {
  return { name: "", site, kind: "site", active: true, measures: { margin_m: 0 }, hours: null };
}

export function draftOf(fence: Fence): Draft {
  return {
    name: fence.name,
    site: fence.site_id,
    kind: fence.kind,
    active: fence.active,
    measures: {
      margin_m: fence.margin_m,
      buffer_m: fence.buffer_m,
      dwell_s: fence.dwell_s,
      max_accuracy_m: fence.max_accuracy_m,
    },
    hours: fence.schedule === null ? null : hoursOf(fence.schedule.week),
  };
}

/** Days of the same ranges are one line each range. */
export function hoursOf(week: Week): Hours[] {
  const lines = new Map<string, Hours>();
  week.forEach((ranges, day) => {
    for (const [from, to] of ranges) {
      const line = lines.get(`${from} ${to}`) ?? { days: [], from, to };
      line.days.push(day);
      lines.set(`${from} ${to}`, line);
    }
  });
  return [...lines.values()];
}

/**
 * The week that lines of hours make; null when two overlap on a day.
 *
 * A line that ends before it begins goes on after midnight: the rest is the next day's.
 */
export function weekOf(hours: readonly Hours[]): Week | null {
  const week: [string, string][][] = Array.from({ length: 7 }, () => []);
  for (const { days, from, to } of hours) {
    for (const day of days) {
      const end = to === "00:00" ? "24:00" : to;
      if (end > from) week[day]?.push([from, end]);
      else {
        week[day]?.push([from, "24:00"]);
        week[(day + 1) % 7]?.push(["00:00", end]);
      }
    }
  }
  for (const ranges of week) {
    ranges.sort(([a], [b]) => a.localeCompare(b));
    if (ranges.some(([from], i) => i > 0 && from < (ranges[i - 1]?.[1] ?? ""))) return null;
  }
  return week;
}

export function faultsOf(draft: Draft, sketch: Sketch): Faults {
  const faults: Faults = {};
  if (draft.name.trim() === "") faults.name = { key: "name" };
  if (geometryOf(sketch) === null) faults.shape = { key: "shape" };
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    const value = draft.measures[name as Measure];
    if (value !== undefined && (value === "" || value < least || value > most)) {
      faults[name as Measure] = { key: "measure" };
    }
  }
  if (draft.hours !== null) {
    const whole = draft.hours.every(
      ({ days, from, to }) => days.length > 0 && from !== "" && to !== "" && from !== to,
    );
    if (!whole || draft.hours.length === 0) faults.hours = { key: "hours" };
    else if (weekOf(draft.hours) === null) faults.hours = { key: "overlap" };
  }
  return faults;
}

function fields(draft: Draft) {
  const week = draft.hours === null ? null : weekOf(draft.hours);
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    ...Object.fromEntries(Object.entries(draft.measures).filter(([, value]) => value !== "")),
    schedule: week === null ? null : { week },
  };
}

/** The body that draws a new fence; its drawing is whole. */
export function newBody(draft: Draft, sketch: Sketch, id: string): NewFence {
  const shape = geometryOf(sketch);
  if (shape === null) throw new Error("the drawing is not whole");
  return { id, site_id: draft.site, ...fields(draft), ...shape };
}

/** Only what differs from the fence as it was read, so that a new name opens no version. */
export function changeBody(fence: Fence, draft: Draft, sketch: Sketch): FenceChange {
  const shape = geometryOf(sketch);
  if (shape === null) throw new Error("the drawing is not whole");
  const wanted = { ...fields(draft), active: draft.active, ...shape };
  // Both rounded alike: what was not touched has not changed.
  const saved = geometryOf(sketchOf(fence.geometry, fence.radius_m, fence.width_m));
  const before: Record<string, unknown> = { ...fence, ...saved };
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  );
  const body = Object.fromEntries(changed) as FenceChange;
  // A measure belongs to its shape: one does not go without the other.
  if ("geometry" in body) return { ...body, ...shape };
  return body;
}

/** The server's faults beside the fields its pointers name, in `words` of its code. */
export function serverFaults(problem: Problem, words: string): Faults {
  const faults: Faults = {};
  const { lon, lat } = problem.params ?? {};
  const crosses = problem.code === "polygon_invalid" && typeof lon === "number" && typeof lat === "number";
  for (const { pointer } of problem.errors ?? []) {
    const [, name = ""] = pointer.split("/");
    if (name === "schedule") faults.hours = { words };
    else if (name === "name") faults.name = { words };
    else if (name in BOUNDS) faults[name as Measure] = { words };
    else if (["geometry", "radius_m", "width_m"].includes(name)) {
      faults.shape = crosses ? { key: "crosses", lon, lat } : { words };
    }
  }
  return faults;
}
