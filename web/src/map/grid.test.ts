import { expect, test } from "vitest";
import { gridOver, gridStep } from "./grid";
import { ringOffset } from "./features";

test("a square is never smaller than what reads well", () => {
  for (const metresPerPixel of [0.3, 2, 11, 80, 600]) {
    expect(gridStep(metresPerPixel) / metresPerPixel).toBeGreaterThanOrEqual(72);
  }
});

test("squares are as wide as they are high, in metres", () => {
  const lines = gridOver([4.8, 45.7, 4.9, 45.8], 1000).features.flatMap(({ geometry }) =>
    geometry.type === "LineString" ? [geometry.coordinates] : [],
  );
  const lons = lines.filter(([a, b]) => a?.[0] === b?.[0]).map(([a]) => a?.[0] ?? 0);
  const width = ((lons[1] ?? 0) - (lons[0] ?? 0)) * 111_320 * Math.cos((45.75 * Math.PI) / 180);

  expect(width).toBeGreaterThan(980);
  expect(width).toBeLessThan(1020);
});

test("tasks at one place stand apart", () => {
  const places = new Set(Array.from({ length: 6 }, (_, i) => ringOffset(i, 6).join()));

  expect(places.size).toBe(6);
  expect(ringOffset(0, 1)).toEqual([0, 0]);
});
