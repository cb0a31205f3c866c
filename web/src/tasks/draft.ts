/** A task being written: its fields as typed, its checks, and the body it becomes. */
import { zonedFields, zonedInstant } from "../live/ages";
import type { NewTask, Problem } from "../api/shapes";

export interface Draft {
  site: string | null;
  title: string;
  minutes: number;
  date: string;
  from: string;
  to: string;
  priority: number;
  skills: string[];
  description: string;
}

export type Field = keyof Draft;
/** By field: a key of `newTask.error`, or the server's own words. */
export type Faults = Partial<Record<Field, { key: FaultKey } | { words: string }>>;
export type FaultKey = "site" | "title" | "window" | "tooShort" | "past" | "skills" | "time";

/** The faults but for one field's, which is being written again. */
export function without(faults: Faults, field: Field): Faults {
  return Object.fromEntries(Object.entries(faults).filter(([name]) => name !== field));
}

const HOUR_MS = 3_600_000;
const SKILL = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;

/** A window of four hours from the next full hour, within the day. */
export function freshDraft(nowMs: number, tz: string): Draft {
  const start = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  const from = zonedFields(start, tz);
  const to = zonedFields(start + 4 * HOUR_MS, tz);
  return {
    site: null,
    title: "",
    minutes: 60,
    date: from.date,
    from: from.time,
    to: to.date === from.date ? to.time : "23:59",
    priority: 3,
    skills: [],
    description: "",
  };
}

export function faultsOf(draft: Draft, nowMs: number, tz: string): Faults {
  const faults: Faults = {};
  if (draft.site === null) faults.site = { key: "site" };
  if (draft.title.trim() === "") faults.title = { key: "title" };
  if (draft.skills.some((skill) => !SKILL.test(skill))) faults.skills = { key: "skills" };
  if (draft.date === "" || draft.from === "" || draft.to === "") {
    faults.to = { key: "time" };
    return faults;
  }
  const start = Date.parse(zonedInstant(draft.date, draft.from, tz));
  const end = Date.parse(zonedInstant(draft.date, draft.to, tz));
  if (end <= start) faults.to = { key: "window" };
  else if (end < nowMs) faults.to = { key: "past" };
  else if (end - start < draft.minutes * 60_000) faults.to = { key: "tooShort" };
  return faults;
}

export function bodyOf(draft: Draft, id: string, tz: string): NewTask {
  return {
    id,
    site_id: draft.site ?? "",
    title: draft.title.trim(),
    description: draft.description.trim() === "" ? null : draft.description.trim(),
    duration_s: draft.minutes * 60,
    window_start: zonedInstant(draft.date, draft.from, tz),
    window_end: zonedInstant(draft.date, draft.to, tz),
    priority: draft.priority,
    skills: draft.skills,
  };
}

const FIELDS: Record<string, Field> = {
  site_id: "site",
  title: "title",
  duration_s: "minutes",
  window_start: "from",
  window_end: "to",
  priority: "priority",
  skills: "skills",
  description: "description",
};

/** The server's faults beside the fields its pointers name ("/window_end", "/skills/0"). */
export function serverFaults(problem: Problem): Faults {
  if (problem.code === "window_order") return { to: { key: "window" } };
  if (problem.code === "window_past") return { to: { key: "past" } };
  const faults: Faults = {};
  for (const item of problem.errors ?? []) {
    const field = item.pointer
      .split("/")
      .map((part) => FIELDS[part])
      .find((name) => name !== undefined);
    if (field !== undefined) faults[field] = { words: item.message };
  }
  return faults;
}
