import { expect, test } from "vitest";
import type { FixRow } from "../api/shapes";
import { FixBook } from "./fixes";

const row = (lon: number, ageS: number): FixRow => [
  "d1", lon, 45.75, null, null, ageS, "moving", 8,
]; // prettier-ignore
const NOON = "2026-11-23T12:00:00Z";

test("the latest observation wins, not the latest frame", () => {
  const book = new FixBook();
  book.merge([row(4.85, 1)], NOON);

  book.merge([row(4.8, 60)], NOON);

  expect(book.latest.get("d1")?.lon).toBe(4.85);
  expect(book.frames).toBe(2);
});

test("the age of a fix is counted from when it was observed", () => {
  const book = new FixBook();

  book.merge([row(4.85, 90)], NOON);

  expect(book.latest.get("d1")?.observedAt).toBe(Date.parse(NOON) - 90_000);
});

test("a device whose bearer is private is off the map at once", () => {
  const book = new FixBook();
  book.merge([row(4.85, 1)], NOON);
  let told = 0;
  book.subscribe(() => (told += 1));

  book.hide(["d1", "unknown"]);

  expect(book.latest.size).toBe(0);
  expect(told).toBe(1);
});

test("a snapshot that no longer names a device takes it off the map", () => {
  const book = new FixBook();
  book.merge([row(4.85, 1)], NOON);

  book.replace([], NOON);

  expect(book.latest.size).toBe(0);
});
