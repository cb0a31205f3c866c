import { expect, test } from "vitest";
import type { Assignment, Crew, Task } from "../api/shapes";
import { EMPTY_WORLD, type World } from "../live/world";
import { stopsOf } from "./routes";

const assignment = (id: string, task: string, crew: string, state: string) =>
  [id, { id, task_id: task, crew_id: crew, state, sequence: 0, updated_at: id } as Assignment] as const;

function world(assignments: (readonly [string, Assignment])[]): World {
  return {
    ...EMPTY_WORLD,
    crews: new Map([["c1", { id: "c1" } as Crew], ["c2", { id: "c2" } as Crew]]),
    tasks: new Map([["t1", { id: "t1", state: "scheduled", lon: 4.8, lat: 45.7 } as Task]]),
    assignments: new Map(assignments),
    plan: {
      ...EMPTY_WORLD.plan,
      routes: [
        {
          crew_id: "c1",
          start: { lon: 4.9, lat: 45.8, source: "depot" },
          visits: [
            {
              assignment_id: "a1",
              task_id: "t1",
              sequence: 0,
              state: "planned",
              lon: 4.8,
              lat: 45.7,
              eta_at: "",
              start_at: "",
              end_at: "",
              travel_s: 0,
            },
          ],
        },
      ],
    },
  };
}

test("a task given to another crew leaves the route it was planned on at once", () => {
  const now = world([
    assignment("a1", "t1", "c1", "withdrawn"),
    assignment("a2", "t1", "c2", "offered"),
  ]);

  expect(stopsOf(now, "c1")).toEqual([]);
  expect(stopsOf(now, "c2").map((stop) => [stop.task, stop.state])).toEqual([["t1", "offered"]]);
});

test("a visit's state is the assignment's, not the plan's older one", () => {
  expect(stopsOf(world([assignment("a1", "t1", "c1", "started")]), "c1")[0]?.state).toBe("started");
});
