import { expect, test } from "vitest";
import type { LonLat } from "../map/features";
import { circleRing, corridorRings, crossingOf, metresBetween, ringAreaM2, shifted } from "./measure";
import {
  type Action,
  advanced,
  areaM2,
  begun,
  drawn,
  fresh,
  geometryOf,
  isWhole,
  midpoints,
  redone,
  type Sketch,
  sketchOf,
  undone,
} from "./sketch";

const CENTRE: LonLat = [4.85, 45.75];
const at = (east: number, north: number) => shifted(CENTRE, east, north);
const SQUARE = [at(-100, -100), at(100, -100), at(100, 100), at(-100, 100)];

const run = (sketch: Sketch, ...actions: Action[]) => actions.reduce(drawn, sketch);
const adds = (points: LonLat[]): Action[] => points.map((point) => ({ kind: "add", at: point }));
const square = () => run(fresh("Polygon"), ...adds(SQUARE), { kind: "close" });

test("a polygon is whole when it is closed, and closed in GeoJSON", () => {
  const open = run(fresh("Polygon"), ...adds(SQUARE));

  expect(geometryOf(open)).toBeNull();
  const ring = geometryOf(square())?.geometry.coordinates[0] as LonLat[];
  expect(ring).toHaveLength(5);
  expect(ring[0]).toEqual(ring[4]);
  expect(areaM2(square())).toBeCloseTo(40_000, -2);
});

test("two points close no polygon", () => {
  const two = run(fresh("Polygon"), ...adds(SQUARE.slice(0, 2)), { kind: "close" });

  expect(two.drawing).toBe(0);
});

test("a circle is a centre and how far the second point is", () => {
  const circle = run(fresh("Point"), ...adds([CENTRE, at(0, 250)]));

  expect(geometryOf(circle)).toMatchObject({ radius_m: 250, width_m: null });
  expect(drawn(circle, { kind: "radius", metres: 1 }).radiusM).toBe(5);
  expect(drawn(circle, { kind: "radius", metres: 1e9 }).radiusM).toBe(20_000);
});

test("a corridor is a line with its width", () => {
  const road = run(fresh("LineString"), ...adds([CENTRE, at(500, 0)]), { kind: "close" });

  expect(geometryOf(drawn(road, { kind: "width", metres: 30 }))).toMatchObject({ width_m: 30 });
  expect(areaM2(road)).toBeCloseTo(500 * 20 + Math.PI * 100, -2);
  expect(midpoints(road)).toHaveLength(1);
});

test("a hole is a ring more, and goes as a whole", () => {
  const hole = [at(-20, -20), at(20, -20), at(0, 20)];
  const holed = run(square(), { kind: "hole" }, ...adds(hole), { kind: "close" });

  expect(holed.rings.map((ring) => ring.length)).toEqual([4, 3]);
  expect(areaM2(holed)).toBeCloseTo(40_000 - 800, -2);
  expect(drawn(holed, { kind: "remove", place: { ring: 1, index: 0 } }).rings).toHaveLength(1);
  const given = run(square(), { kind: "hole" }, ...adds(hole.slice(0, 1)), { kind: "cancel" });
  expect(isWhole(given)).toBe(true);
  expect(given.rings).toHaveLength(1);
});

test("a point is moved, pulled out of an edge, and removed; three stay", () => {
  const moved = drawn(square(), { kind: "move", place: { ring: 0, index: 2 }, at: at(300, 300) });
  expect(moved.rings[0]?.[2]).toEqual(at(300, 300));

  const place = midpoints(square())[0]?.place ?? { ring: 9, index: 9 };
  const pulled = drawn(square(), { kind: "insert", place, at: at(0, -150) });
  expect(pulled.rings[0]?.[1]).toEqual(at(0, -150));
  expect(pulled.selected).toEqual({ ring: 0, index: 1 });

  let less = square();
  for (let i = 0; i < 5; i += 1) less = drawn(less, { kind: "remove", place: { ring: 0, index: 0 } });
  expect(less.rings[0]).toHaveLength(3);
});

test("points are reached one after the other", () => {
  const places = [1, 2, 3, 4, 5].map((n) =>
    run(square(), ...Array.from({ length: n }, (): Action => ({ kind: "step", by: 1 }))).selected?.index,
  );

  expect(places).toEqual([0, 1, 2, 3, 0]);
  expect(drawn(square(), { kind: "step", by: -1 }).selected?.index).toBe(3);
});

test("a drag is one step back, and what was undone can be done again", () => {
  const place = { ring: 0, index: 0 };
  let history = begun(square());
  history = advanced(history, { kind: "move", place, at: at(-110, -100) });
  for (const east of [-120, -130, -140]) {
    history = advanced(history, { kind: "move", place, at: at(east, -100) }, true);
  }
  const after = history.present;

  history = undone(history);
  expect(history.present.rings).toEqual(square().rings);
  expect(undone(history)).toBe(history);
  history = redone(history);
  expect(history.present.rings).toEqual(after.rings);
  expect(redone(history)).toBe(history);
});

test("what was saved is drawn again, and saved the same", () => {
  for (const sketch of [
    square(),
    run(fresh("Point"), ...adds([CENTRE, at(0, 250)])),
    run(fresh("LineString"), ...adds([CENTRE, at(500, 0)]), { kind: "close" }),
  ]) {
    const saved = geometryOf(sketch);
    if (saved === null) throw new Error("the drawing is not whole");
    const again = sketchOf(saved.geometry, saved.radius_m, saved.width_m);
    expect(geometryOf(again)).toEqual(saved);
  }
});

test("a ring that crosses itself is told with the place", () => {
  const [sw, se, ne, nw] = SQUARE as [LonLat, LonLat, LonLat, LonLat];

  expect(crossingOf(SQUARE)).toBeNull();
  const place = crossingOf([sw, ne, se, nw]);
  expect(metresBetween(place ?? [0, 0], CENTRE)).toBeLessThan(0.1);
});

test("outlines are as large as they say", () => {
  expect(ringAreaM2(circleRing(CENTRE, 100))).toBeCloseTo(Math.PI * 10_000, -3);
  const [stretch] = corridorRings([CENTRE, at(500, 0)], 40);
  expect(ringAreaM2(stretch ?? [])).toBeCloseTo(500 * 40 + Math.PI * 400, -3);
});
