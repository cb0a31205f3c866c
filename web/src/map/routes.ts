/**
 * The crews' routes as lines: the published plan, corrected by what happened since.
 *
 * A plan is read again a moment after it changes; an offer given by hand or taken back shows at
 * once, because assignments come as events and overrule the plan's visits.
 */
import type { Feature, FeatureCollection } from "geojson";
import type { AssignmentState, Crew } from "../api/shapes";
import { assignmentOf, visitsOf } from "../live/status";
import type { World } from "../live/world";
import { INK } from "../ui/colours";
import { collection, feature, type LonLat } from "./features";

const BEND = 0.1;
const PIECES = 16;

/** A shallow arc between two points: it says "towards", not "by this road". */
export function arc(from: LonLat, to: LonLat): LonLat[] {
  const scale = Math.cos((from[1] * Math.PI) / 180);
  const [dx, dy] = [(to[0] - from[0]) * scale, to[1] - from[1]];
  const middle: LonLat = [
    (from[0] + to[0]) / 2 - (dy * BEND) / scale,
    (from[1] + to[1]) / 2 + dx * BEND,
  ];
  return Array.from({ length: PIECES + 1 }, (_, i) => {
    const t = i / PIECES;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return [
      a * from[0] + b * middle[0] + c * to[0],
      a * from[1] + b * middle[1] + c * to[1],
    ] as LonLat;
  });
}

export interface Stop {
  task: string;
  at: LonLat;
  state: AssignmentState;
}

/** A crew's stops in order: the plan's that still hold, then those given since. */
export function stopsOf(world: World, crewId: string): Stop[] {
  const route = world.plan.routes.find((item) => item.crew_id === crewId);
  const stops: Stop[] = [];
  for (const visit of route?.visits ?? []) {
    const current = assignmentOf(world, visit.task_id);
    const cancelled = world.tasks.get(visit.task_id)?.state === "cancelled";
    if (cancelled || (current !== undefined && current.crew_id !== crewId)) continue;
    const state = world.assignments.get(visit.assignment_id)?.state ?? visit.state;
    if (state === "declined" || state === "withdrawn") continue;
    stops.push({ task: visit.task_id, at: [visit.lon, visit.lat], state });
  }
  for (const visit of visitsOf(world, crewId)) {
    const task = world.tasks.get(visit.task_id);
    if (visit.state === "planned" || stops.some((stop) => stop.task === visit.task_id)) continue;
    if (task === undefined || task.lon === null || task.lat === null) continue;
    stops.push({ task: task.id, at: [task.lon, task.lat], state: visit.state });
  }
  return stops;
}

function startOf(world: World, crew: Crew): LonLat {
  const route = world.plan.routes.find((item) => item.crew_id === crew.id);
  return route === undefined
    ? [crew.depot_lon, crew.depot_lat]
    : [route.start.lon, route.start.lat];
}

/** One leg per stop: full for what is done or under way, dashed for what is only planned. */
export function routeFeatures(
  world: World,
  colours: ReadonlyMap<string, string>,
  focusCrew: string | null,
): FeatureCollection {
  const legs: Feature[] = [];
  for (const crew of world.crews.values()) {
    let from = startOf(world, crew);
    let reached = true;
    for (const { at, state } of stopsOf(world, crew.id)) {
      const solid = reached && ["accepted", "started", "done"].includes(state);
      if (from[0] !== at[0] || from[1] !== at[1]) {
        legs.push(
          feature(
            { type: "LineString", coordinates: arc(from, at) },
            {
              colour: colours.get(crew.id) ?? INK,
              solid,
              past: state === "done",
              dim: focusCrew !== null && focusCrew !== crew.id,
            },
          ),
        );
      }
      reached = reached && ["started", "done"].includes(state);
      from = at;
    }
  }
  return collection(legs);
}
