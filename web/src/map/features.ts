/** The world as GeoJSON for the map's sources; everything that does not move by itself. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Fence, Task } from "../api/shapes";
import { assignmentOf, isLate, isUnassigned, numberOf } from "../live/status";
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
      feature(fence.area as Geometry, {
        id: fence.id,
        kind: fence.kind,
        colour: FENCES[fence.kind] ?? INK,
      }),
    ),
  );
}

/** A fence of a site bears the site's name, which is what people know. */
function nameOf(world: World, fence: Fence): string {
  const site = fence.site_id === null ? undefined : world.sites.get(fence.site_id);
  return fence.kind === "site" && site !== undefined ? site.name : fence.name;
}

/** A name over the northern edge of each fence. */
export function fenceNames(world: World): FeatureCollection {
  return collection(
    activeFences(world).map((fence) => {
      const ring = fence.area.coordinates[0] ?? [];
      const lons = ring.map((point) => point[0]);
      const north = Math.max(...ring.map((point) => point[1]));
      const middle = (Math.min(...lons) + Math.max(...lons)) / 2;
      return feature(
        { type: "Point", coordinates: [middle, north] },
        { name: nameOf(world, fence), colour: FENCE_NAMES[fence.kind] ?? INK },
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
            sequence: isNumbered(mark) && visit !== undefined ? String(numberOf(world, visit)) : "",
            selected: task.id === selected,
            dim: focusCrew !== null && visit?.crew_id !== focusCrew,
          },
        ),
      );
    });
  }
  return collection(features);
}
