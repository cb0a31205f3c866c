import { expect, test } from "vitest";
import type { Fence } from "../api/shapes";
import { changeBody, draftOf, faultsOf, freshDraft, hoursOf, newBody, serverFaults, weekOf } from "./draft";
import { fresh, sketchOf } from "./sketch";

const CIRCLE = { type: "Point", coordinates: [4.85, 45.75] } as const;
const FENCE: Fence = {
  id: "01", version: 3, created_at: "", updated_at: "", site_id: null, name: "Poste",
  kind: "danger", active: true, geometry: { type: "Point", coordinates: [4.85, 45.75] },
  radius_m: 80, width_m: null, margin_m: 5, area: { type: "Polygon", coordinates: [] },
  buffer_m: 20, dwell_s: 60, max_accuracy_m: 60, schedule: null,
} as unknown as Fence; // prettier-ignore
const sketch = sketchOf({ type: "Point", coordinates: [4.85, 45.75] }, 80, null);
const NIGHT = { days: [0, 4], from: "20:00", to: "06:00" };

test("hours past midnight are the next day's too, and Sunday's are Monday's", () => {
  const week = weekOf([NIGHT, { days: [6], from: "22:00", to: "02:00" }]);

  expect(week?.[0]).toEqual([["00:00", "02:00"], ["20:00", "24:00"]]);
  expect(week?.[1]).toEqual([["00:00", "06:00"]]);
  expect(week?.[6]).toEqual([["22:00", "24:00"]]);
});

test("hours that overlap make no week", () => {
  expect(weekOf([{ days: [1], from: "08:00", to: "12:00" }, { days: [1], from: "11:00", to: "13:00" }])).toBeNull();
  expect(weekOf([{ days: [1], from: "08:00", to: "12:00" }, { days: [1], from: "12:00", to: "13:00" }])).not.toBeNull();
});

test("the days of one line come back as one line", () => {
  const lines = [{ days: [0, 1, 2], from: "07:00", to: "18:00" }];

  expect(hoursOf(weekOf(lines) ?? [])).toEqual(lines);
});

test("only what differs is sent, and a new name opens no version", () => {
  const draft = draftOf(FENCE);

  expect(changeBody(FENCE, draft, sketch)).toEqual({});
  expect(changeBody(FENCE, { ...draft, name: "Poste HTA " }, sketch)).toEqual({ name: "Poste HTA" });
  expect(changeBody(FENCE, draft, { ...sketch, radiusM: 90 })).toEqual({ radius_m: 90 });
  const line = sketchOf({ type: "LineString", coordinates: [[4.85, 45.75], [4.86, 45.75]] }, null, 30);
  expect(changeBody(FENCE, draft, line)).toMatchObject({ radius_m: null, width_m: 30 });
});

test("a new fence says its shape and leaves what it does not know to the server", () => {
  const body = newBody({ ...freshDraft("s"), name: "Emprise" }, sketch, "id");

  expect(body).toMatchObject({ id: "id", site_id: "s", geometry: CIRCLE, radius_m: 80, margin_m: 0 });
  expect("buffer_m" in body).toBe(false);
});

test("what is missing is told beside its field", () => {
  const draft = { ...freshDraft(null), measures: { margin_m: 501, dwell_s: "" as const }, hours: [] };

  expect(faultsOf(draft, fresh("Polygon"))).toEqual({
    name: { key: "name" },
    shape: { key: "shape" },
    margin_m: { key: "measure" },
    dwell_s: { key: "measure" },
    hours: { key: "hours" },
  });
  expect(faultsOf(draftOf(FENCE), sketch)).toEqual({});
});

test("the server's faults stand beside the fields they name", () => {
  const errors = [
    { pointer: "/geometry/coordinates", message: "crosses" },
    { pointer: "/schedule/week/0/0", message: "empty" },
  ];

  expect(serverFaults({ errors } as never, "non")).toEqual({
    shape: { words: "non" },
    hours: { words: "non" },
  });
  const params = { lon: 4.85, lat: 45.75 };
  expect(serverFaults({ errors, code: "polygon_invalid", params } as never, "non").shape).toEqual({
    key: "crosses",
    ...params,
  });
});
