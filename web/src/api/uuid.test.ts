import { expect, test } from "vitest";
import { uuid7 } from "./uuid";

test("an id is a UUIDv7 that carries its time", () => {
  const id = uuid7(Date.UTC(2026, 10, 23, 6, 0, 0));

  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 23, 6, 0, 0));
});

test("ids sort by the time they were made", () => {
  expect(uuid7(1000) < uuid7(2000)).toBe(true);
});
