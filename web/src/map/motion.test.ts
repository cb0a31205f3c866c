import { expect, test } from "vitest";
import type { Fix } from "../live/fixes";
import { Motion } from "./motion";

const fix = (lon: number, observedAt: number): Fix => ({
  device: "d1",
  lon,
  lat: 45.75,
  headingDeg: 90,
  speedMps: 10,
  moving: true,
  accuracyM: 5,
  observedAt,
});

test("a marker glides between two fixes in the time between them", () => {
  const motion = new Motion();
  motion.head(fix(4.85, 0), 0);
  motion.head(fix(4.86, 1000), 1000);

  expect(motion.at("d1", 1000)?.[0]).toBeCloseTo(4.85);
  expect(motion.at("d1", 1500)?.[0]).toBeCloseTo(4.855);
});

test("a marker never runs ahead of the last fix", () => {
  const motion = new Motion();
  motion.head(fix(4.85, 0), 0);
  motion.head(fix(4.86, 1000), 1000);

  expect(motion.at("d1", 60_000)?.[0]).toBe(4.86);
  expect(motion.isMoving(60_000)).toBe(false);
});

test("a marker that reappears far away jumps", () => {
  const motion = new Motion();
  motion.head(fix(4.85, 0), 0);
  motion.head(fix(5.2, 1000), 1000);

  expect(motion.at("d1", 1000)?.[0]).toBe(5.2);
});
