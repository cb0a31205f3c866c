import { expect, test } from "vitest";
import { latenessOf } from "./lateness";

const at = (time: string) => `2026-11-25T${time}:00Z`;
const late = (time: string, more = {}) =>
  latenessOf({ window_end: at("18:00"), windows: [], soft_end: null, ...more }, Date.parse(at(time)));

const WINDOWS = [
  { start: at("14:00"), end: at("16:00") },
  { start: at("08:00"), end: at("10:00") },
];

test("without windows of its own a task's span holds", () => {
  expect(late("18:00").lateS).toBe(0);
  expect(late("18:20").lateS).toBe(1200);
});

test("a start between two windows is late after the first, one in the second is not", () => {
  expect(late("10:00", { windows: WINDOWS }).lateS).toBe(0);
  expect(late("10:30", { windows: WINDOWS }).lateS).toBe(1800);
  expect(late("14:00", { windows: WINDOWS }).lateS).toBe(0);
  expect(late("16:05", { windows: WINDOWS }).lateS).toBe(300);
  expect(late("07:00", { windows: WINDOWS }).lateS).toBe(0);
});

test("after the hour the client would like is said apart", () => {
  expect(late("11:10", { soft_end: at("11:00") })).toEqual({ lateS: 0, wishS: 600 });
  expect(late("11:00", { soft_end: at("11:00") })).toEqual({ lateS: 0, wishS: 0 });
});
