/** What a day says at a glance, and what one may do with it next. */
import type { AttendanceDay, DayStep, Me, Word } from "../api/shapes";
import { may } from "../auth/rights";

export type State = "here" | "onBreak" | "left" | "forgotten" | "absent";

export function stateOf(day: AttendanceDay): State {
  if (day.on_break) return "onBreak";
  if (day.here) return "here";
  const last = day.intervals.at(-1);
  if (last === undefined) return "absent";
  return last.out_at === null ? "forgotten" : "left";
}

/** Whether every `in` has its `out`: only then hours can be agreed on. */
export function isFinished(day: AttendanceDay): boolean {
  return day.intervals.length > 0 && day.intervals.every((interval) => interval.out_at !== null);
}

/** The step that comes next for this person, null when it is not theirs to take. */
export function nextStep(day: AttendanceDay, me: Me): DayStep | null {
  switch (day.status) {
    case "open":
      return isFinished(day) && may(me, "attendance:submit") ? "submit" : null;
    case "submitted":
      return may(me, "attendance:validate") && day.worker_id !== me.worker_id ? "validate" : null;
    case "validated":
      return may(me, "attendance:lock") ? "lock" : null;
    case "locked":
      return may(me, "attendance:reopen") ? "reopen" : null;
    case "exported":
      return may(me, "attendance:reopen") ? "reopen" : null;
  }
}

/** What is thought of the day: of its declarations the worst, and whether it is odd as a whole. */
export function opinionOf(day: AttendanceDay): Word | null {
  const odd = day.flags.length > 0;
  return odd && day.verdict !== "incoherent" ? "to_check" : day.verdict;
}

export function needsLook(day: AttendanceDay): boolean {
  const word = opinionOf(day);
  return day.changed || (word !== null && word !== "conform");
}
