import { expect, test } from "vitest";
import type { Visit } from "../api/shapes";
import { countdown, geoUri, orderDay, secondsLeft } from "./order";

const NOW = Date.UTC(2026, 10, 23, 8, 0);

function visit(id: string, sequence: number, state: string, endsInS: number | null = null): Visit {
  return {
    assignment: {
      id,
      sequence,
      state,
      expires_at: endsInS === null ? null : new Date(NOW + endsInS * 1000).toISOString(),
    },
    task: { lon: null, lat: null },
    site: { name: "Îlot C3", lon: 4.816, lat: 45.7405 },
  } as Visit;
}

const ids = (visits: Visit[]) => visits.map((item) => item.assignment.id);

test("the visit under way comes before the one that was accepted earlier in the round", () => {
  const day = orderDay([visit("a", 1, "accepted"), visit("b", 2, "started")], NOW);

  expect(day.current?.assignment.id).toBe("b");
  expect(ids(day.coming)).toEqual(["a"]);
});

test("an offer whose time has passed is no longer shown", () => {
  const day = orderDay([visit("a", 1, "offered", -1), visit("b", 2, "offered", 30)], NOW);

  expect(ids(day.offers)).toEqual(["b"]);
});

test("what is left to answer counts down to nothing, never below", () => {
  expect(secondsLeft(visit("a", 1, "offered", 125), NOW)).toBe(125);
  expect(secondsLeft(visit("a", 1, "offered", -20), NOW)).toBe(0);
  expect(countdown(125)).toBe("2:05");
});

test("the way leads to the site when the task has no place of its own", () => {
  expect(geoUri(visit("a", 1, "accepted"))).toBe("geo:45.7405,4.816?q=45.7405,4.816(%C3%8Elot%20C3)");
});
