import { expect, test } from "vitest";
import type { Crew, LiveEvent, PlanView, Task } from "../api/shapes";
import { EMPTY_WORLD, withEvents, withPlan } from "./world";

function task(version: number, title: string): Task {
  return {
    id: "t1",
    version,
    created_at: "2026-11-23T06:00:00Z",
    updated_at: "2026-11-23T06:00:00Z",
    site_id: "s1",
    title,
    description: null,
    duration_s: 3600,
    window_start: "2026-11-23T08:00:00Z",
    window_end: "2026-11-23T12:00:00Z",
    priority: 3,
    skills: [],
    credentials: [],
    equipment: [],
    min_crew: 1,
    setup_s: 0,
    windows: [],
    soft_start: null,
    soft_end: null,
    keep_group: null, setup_kind: null, demand: 0, permits: [],
    state: "ready",
    lon: 4.85,
    lat: 45.75,
    unassigned: [],
  };
}

const changed = (at: number, body: Task): LiveEvent => ({
  at,
  kind: "task.changed",
  body: body,
});

test("a row never goes back to an older version", () => {
  const world = withEvents(
    EMPTY_WORLD,
    [changed(1, task(5, "new")), changed(2, task(4, "old"))],
    0,
  );

  expect(world.tasks.get("t1")?.title).toBe("new");
  expect(world.at).toBe(2);
});

test("an event seen before changes nothing and is logged once", () => {
  const once = withEvents(EMPTY_WORLD, [changed(7, task(1, "a"))], 0);

  const twice = withEvents(once, [changed(7, task(2, "b"))], 0);

  expect(twice.tasks.get("t1")?.title).toBe("a");
  expect(twice.log).toHaveLength(1);
});

test("an assignment planned again within its state is applied but is no news", () => {
  const row = (at: number, version: number, eta_at: string) => ({
    at,
    kind: "assignment.changed",
    body: { id: "a1", version, state: "accepted", eta_at },
  });

  const world = withEvents(EMPTY_WORLD, [row(1, 1, "08:00"), row(2, 2, "08:10")], 0);

  expect(world.assignments.get("a1")?.eta_at).toBe("08:10");
  expect(world.log.map((event) => event.at)).toEqual([1]);
});

test("presence follows what entered and left", () => {
  const body = { presence: "p", device: "d1", fence: "f1", site: "s1", crew: null, at: "2026-11-23T06:00:00Z" };
  const inside = withEvents(EMPTY_WORLD, [{ at: 1, kind: "presence.entered", body }], 0);
  const outside = withEvents(inside, [{ at: 2, kind: "presence.left", body }], 0);

  expect([...inside.presence.values()].map((row) => row.fence_id)).toEqual(["f1"]);
  expect(outside.presence.size).toBe(0);
});

test("an event of a kind we do not know moves the position only", () => {
  const world = withEvents(EMPTY_WORLD, [{ at: 9, kind: "weather.changed", body: {} }], 0);

  expect(world.at).toBe(9);
  expect(world.tasks.size).toBe(0);
});

test("a plan that arrives late does not replace a newer one", () => {
  const plan = (version: number): PlanView => ({ ...EMPTY_WORLD.plan, version });
  const world = withPlan(EMPTY_WORLD, plan(4));

  expect(withPlan(world, plan(3)).plan.version).toBe(4);
});

test("a crew that falls silent is so until it is heard, whatever its version", () => {
  const crew = { id: "c1", version: 4, name: "A", silent_since: null } as Crew;
  const world = { ...EMPTY_WORLD, crews: new Map([["c1", crew]]) };
  const body = { crew: "c1", since: "2026-11-23T08:00:00Z" };

  const silent = withEvents(world, [{ at: 1, kind: "crew.silent", body }], 0);
  const heard = withEvents(silent, [{ at: 2, kind: "crew.heard", body }], 0);

  expect(silent.crews.get("c1")?.silent_since).toBe(body.since);
  expect(heard.crews.get("c1")).toEqual(crew);
});
