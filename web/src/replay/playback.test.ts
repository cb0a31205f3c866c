import { expect, test } from "vitest";
import { clamped, indexAt, type Mark, placeAt } from "./playback";

const mark = (atMs: number, lon: number, state: Mark["state"]): Mark => ({
  atMs,
  lon,
  lat: 45,
  accuracyM: 5,
  state,
});

const DAY = [
  mark(0, 4, "stopped"),
  mark(1000, 4, "moving"),
  mark(3000, 6, "gap"),
  mark(9000, 8, "moving"),
  mark(10_000, 9, "gap"),
];

test("before the first position nothing is known", () => {
  expect(placeAt(DAY, -1)).toBeNull();
  expect(placeAt([], 0)).toBeNull();
});

test("a drive is followed along its line", () => {
  expect(placeAt(DAY, 2000)).toMatchObject({ lon: 5, state: "moving", ageMs: 0 });
});

test("in a gap it stays where it was last seen and grows old", () => {
  expect(placeAt(DAY, 7000)).toMatchObject({ lon: 6, state: "gap", ageMs: 4000 });
});

test("a stand stays at its place", () => {
  expect(placeAt(DAY, 999)).toMatchObject({ lon: 4, state: "stopped" });
});

test("after the last position it is only as old as that", () => {
  expect(placeAt(DAY, 12_000)).toMatchObject({ lon: 9, state: "gap", ageMs: 2000 });
});

test("the index is that of the last mark not after the moment", () => {
  expect([-1, 0, 999, 1000, 99_999].map((ms) => indexAt(DAY, ms))).toEqual([-1, 0, 0, 1, 4]);
});

test("the playhead stays in the day", () => {
  expect([clamped(DAY, -5), clamped(DAY, 500), clamped(DAY, 99_999)]).toEqual([0, 500, 10_000]);
});
