/** What the world says about a crew, a task or a device: the words behind colours and rows. */
import type { Assignment, Crew, LiveDevice, Task } from "../api/shapes";
import type { Fix } from "./fixes";
import { latenessOf } from "./lateness";
import type { World } from "./world";

export const STALE_MS = 120_000;

/** On the map: colour. Shape (arrow, square, disc; hollow when stale) comes from the fix. */
export type Tone = "onway" | "onsite" | "free" | "off" | "late" | "alert";

const LIVE_STATES = new Set(["planned", "offered", "accepted", "started"]);

/** The crew's visits that are not finished, in order; a started one first. */
export function visitsOf(world: World, crewId: string): Assignment[] {
  return [...world.assignments.values()]
    .filter((row) => row.crew_id === crewId && LIVE_STATES.has(row.state))
    .sort(
      (a, b) =>
        Number(b.state === "started") - Number(a.state === "started") || a.sequence - b.sequence,
    );
}

const FARTHEST = ["planned", "offered", "accepted", "started", "done"];

/** The one assignment of a task that counts: the one that got farthest, then the newest. */
export function assignmentOf(world: World, taskId: string): Assignment | undefined {
  let best: Assignment | undefined;
  const rank = (row: Assignment) => FARTHEST.indexOf(row.state);
  for (const row of world.assignments.values()) {
    if (row.task_id !== taskId || rank(row) < 0) continue;
    const ahead =
      best === undefined ||
      rank(row) > rank(best) ||
      (rank(row) === rank(best) && row.updated_at > best.updated_at);
    if (ahead) best = row;
  }
  return best;
}

/** How many stops away a visit is for its crew: 1 is the one under way or next. */
export function numberOf(world: World, visit: Assignment): number {
  return visitsOf(world, visit.crew_id).findIndex((row) => row.id === visit.id) + 1;
}

export function isUnassigned(world: World, task: Task): boolean {
  return task.state === "ready" && assignmentOf(world, task.id) === undefined;
}

/** Work that will begin, or should have begun, after its window; a wish not kept is not late. */
export function isLate(task: Task, visit: Assignment | undefined, nowMs: number): boolean {
  if (["done", "cancelled", "in_progress"].includes(task.state)) return false;
  if (visit === undefined) return nowMs > Date.parse(task.window_end);
  return latenessOf(task, Math.max(Date.parse(visit.start_at), nowMs)).lateS > 0;
}

export type Doing =
  | { kind: "off" }
  | { kind: "working" | "next" | "offered"; task: Task; visit: Assignment }
  | { kind: "free" };

export function doingOf(world: World, crew: Crew): Doing {
  const visits = visitsOf(world, crew.id);
  const started = visits.find((visit) => visit.state === "started");
  const visit = started ?? visits[0];
  const task = visit === undefined ? undefined : world.tasks.get(visit.task_id);
  if (visit !== undefined && task !== undefined) {
    if (started !== undefined) return { kind: "working", task, visit };
    if (crew.on_shift) return { kind: visit.state === "offered" ? "offered" : "next", task, visit };
  }
  return crew.on_shift ? { kind: "free" } : { kind: "off" };
}

function fencesAround(world: World, deviceId: string) {
  return [...world.presence.values()]
    .filter((row) => row.device_id === deviceId)
    .map((row) => world.fences.get(row.fence_id));
}

export function toneOf(world: World, device: LiveDevice, fix: Fix, nowMs: number): Tone {
  const around = fencesAround(world, device.id);
  if (around.some((fence) => fence?.kind === "forbidden" || fence?.kind === "danger")) {
    return "alert";
  }
  const crew = device.crew_id === null ? undefined : world.crews.get(device.crew_id);
  // Lateness is the crew's: said once, on its vehicle, not on every pocket.
  if (crew !== undefined && device.vehicle_id !== null) {
    const late = visitsOf(world, crew.id).some((visit) => {
      const task = world.tasks.get(visit.task_id);
      return task !== undefined && isLate(task, visit, nowMs);
    });
    if (late) return "late";
  }
  if (fix.moving) return "onway";
  if (around.some((fence) => fence?.kind === "site")) return "onsite";
  return crew === undefined || crew.on_shift ? "free" : "off";
}

/** The device that shows where a crew is: its vehicle's, else a member's, whichever is newer. */
export function crewDevice(
  world: World,
  crew: Crew,
  latest: ReadonlyMap<string, Fix>,
): { device: LiveDevice; fix: Fix } | undefined {
  let best: { device: LiveDevice; fix: Fix } | undefined;
  for (const device of world.devices.values()) {
    const fix = latest.get(device.id);
    if (device.crew_id !== crew.id || fix === undefined) continue;
    const better =
      best === undefined ||
      Number(device.vehicle_id !== null) > Number(best.device.vehicle_id !== null) ||
      (device.vehicle_id !== null) === (best.device.vehicle_id !== null) &&
        fix.observedAt > best.fix.observedAt;
    if (better) best = { device, fix };
  }
  return best;
}
