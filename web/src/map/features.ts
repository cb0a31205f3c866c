/** The world as GeoJSON for the map's sources; everything that does not move by itself. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Fence, PlannedVisit, Task } from "../api/shapes";
import { assignmentOf, isLate, isUnassigned } from "../live/status";
import type { World } from "../live/world";
import { FENCE_NAMES, FENCES, INK } from "../ui/colours";
import { grouped } from "../ui/grouped";
import { inkOf, isNumbered, type TaskMark } from "./taskIcons";

export type LonLat = [lon: number, lat: number];

export function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

export function feature(geometry: Geometry, properties: Record<string, unknown>): Feature {
  return { type: "Feature", geometry, properties };
}

function activeFences(world: World): Fence[] {
  return [...world.fences.values()].filter((fence) => fence.active);
}

export function fenceFeatures(world: World): FeatureCollection {
  return collection(
    activeFences(world).map((fence) =>
      feature(fence.geometry as Geometry, {
        id: fence.id,
        kind: fence.kind,
        colour: FENCES[fence.kind] ?? INK,
      }),
    ),
  );
}

/** A name over the northern edge of each fence; a site's one fence bears the site's name. */
export function fenceNames(world: World): FeatureCollection {
  return collection(
    activeFences(world).map((fence) => {
      const ring = fence.geometry.coordinates[0] ?? [];
      const lons = ring.map((point) => point[0]);
      const north = Math.max(...ring.map((point) => point[1]));
      const middle = (Math.min(...lons) + Math.max(...lons)) / 2;
      return feature(
        { type: "Point", coordinates: [middle, north] },
        { name: fence.name, colour: FENCE_NAMES[fence.kind] ?? INK },
      );
    }),
  );
}

/** Depots, each place once however many crews start there. */
export function depotFeatures(world: World): FeatureCollection {
  const places = new Map<string, LonLat>();
  for (const crew of world.crews.values()) {
    const place: LonLat = [crew.depot_lon, crew.depot_lat];
    places.set(place.map((degree) => degree.toFixed(4)).join(), place);
  }
  return collection(
    [...places.values()].map((place) => feature({ type: "Point", coordinates: place }, {})),
  );
}

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

/** One leg per visit: full for what is done or under way, dashed for what is only planned. */
export function routeFeatures(
  world: World,
  colours: ReadonlyMap<string, string>,
  focusCrew: string | null,
): FeatureCollection {
  const legs: Feature[] = [];
  for (const route of world.plan.routes) {
    let from: LonLat = [route.start.lon, route.start.lat];
    let reached = true;
    for (const visit of route.visits) {
      const to: LonLat = [visit.lon, visit.lat];
      const state = stateOf(world, visit);
      const solid = reached && ["accepted", "started", "done"].includes(state);
      if (from[0] !== to[0] || from[1] !== to[1]) {
        legs.push(
          feature(
            { type: "LineString", coordinates: arc(from, to) },
            {
              colour: colours.get(route.crew_id) ?? INK,
              solid,
              past: state === "done",
              dim: focusCrew !== null && focusCrew !== route.crew_id,
            },
          ),
        );
      }
      reached = reached && ["started", "done"].includes(state);
      from = to;
    }
  }
  return collection(legs);
}

/** The assignment's state is newer than the plan's. */
function stateOf(world: World, visit: PlannedVisit): string {
  return world.assignments.get(visit.assignment_id)?.state ?? visit.state;
}

export function markOf(world: World, task: Task, nowMs: number): TaskMark {
  const visit = assignmentOf(world, task.id);
  if (task.state === "done") return "done";
  if (task.state === "in_progress") return "working";
  if (isUnassigned(world, task)) return "unassigned";
  if (isLate(task, visit, nowMs)) return "late";
  if (task.state === "accepted") return "accepted";
  return task.state === "dispatched" ? "offered" : "planned";
}

const RANK: Record<TaskMark, number> = {
  done: 0, planned: 1, offered: 2, accepted: 3, working: 4, late: 5, unassigned: 6,
}; // prettier-ignore

const RING_PX = 26;

/** Where the i-th of n tasks at one place is drawn, in pixels: a ring around the place. */
export function ringOffset(i: number, n: number): [number, number] {
  if (n === 1) return [0, 0];
  const radius = Math.max(RING_PX / 2, (n * RING_PX) / (2 * Math.PI));
  const angle = (2 * Math.PI * i) / n - Math.PI / 2;
  return [Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))];
}

export function taskFeatures(
  world: World,
  nowMs: number,
  selected: string | null,
  focusCrew: string | null,
): FeatureCollection {
  const places = grouped(
    [...world.tasks.values()].filter((task) => task.state !== "cancelled" && task.lon !== null),
    (task) => `${task.lon} ${task.lat}`,
  );
  const features: Feature[] = [];
  for (const tasks of places.values()) {
    const sorted = tasks.sort((a, b) => a.window_start.localeCompare(b.window_start));
    sorted.forEach((task, i) => {
      const mark = markOf(world, task, nowMs);
      const offset = ringOffset(i, sorted.length);
      const visit = assignmentOf(world, task.id);
      features.push(
        feature(
          { type: "Point", coordinates: [task.lon ?? 0, task.lat ?? 0] },
          {
            id: task.id,
            icon: mark,
            offset,
            text_offset: [offset[0] / 11, offset[1] / 11 + 0.02],
            ink: inkOf(mark),
            rank: RANK[mark],
            sequence: isNumbered(mark) && visit !== undefined ? String(visit.sequence) : "",
            selected: task.id === selected,
            dim: focusCrew !== null && visit?.crew_id !== focusCrew,
          },
        ),
      );
    });
  }
  return collection(features);
}
