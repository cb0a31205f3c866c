import { expect, test } from "vitest";
import type { AttendanceDay, Me } from "../api/shapes";
import { needsLook, nextStep, opinionOf, stateOf } from "./state";

const interval = (out: string | null) => ({
  site_id: null, site_name: null, in_at: "2026-07-14T06:00:00Z", out_at: out, breaks: [], worked_s: 0,
}); // prettier-ignore
const day = (more: Partial<AttendanceDay>) =>
  ({ status: "open", here: false, on_break: false, intervals: [], worker_id: "w", ...more }) as AttendanceDay;
const chef = { worker_id: "c", rights: ["attendance:submit", "attendance:validate"] } as Me;

test("an open interval is neither submitted nor called gone", () => {
  const here = day({ here: true, intervals: [interval(null)] });

  expect(stateOf(here)).toBe("here");
  expect(nextStep(here, chef)).toBeNull();
});

test("a finished day is submitted, then validated by somebody else", () => {
  const done = { intervals: [interval("2026-07-14T15:00:00Z")] };

  expect(nextStep(day(done), chef)).toBe("submit");
  expect(nextStep(day({ ...done, status: "submitted" }), chef)).toBe("validate");
  expect(nextStep(day({ ...done, status: "submitted", worker_id: "c" }), chef)).toBeNull();
  expect(nextStep(day({ ...done, status: "validated" }), chef)).toBeNull();
});

test("an odd day is to be checked however its declarations look, and never less than they are", () => {
  const odd = { flags: [{ code: "break_short", params: {} }] };
  const plain = { flags: [], verdict: "conform" as const };

  expect(opinionOf(day(plain))).toBe("conform");
  expect(needsLook(day(plain))).toBe(false);
  expect(opinionOf(day({ ...plain, ...odd }))).toBe("to_check");
  expect(needsLook(day({ ...plain, ...odd }))).toBe(true);
  expect(opinionOf(day({ ...odd, verdict: "incoherent" }))).toBe("incoherent");
  expect(opinionOf(day({ flags: [], verdict: null }))).toBeNull();
});
