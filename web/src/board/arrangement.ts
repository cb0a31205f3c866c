/** Who does what when, as the board shows it: the plan of now, with the pending moves in it. */
import type { Assignment, PlanChange, PlanMove, Task } from "../api/shapes";
import { type Lateness, latenessOf, ON_TIME } from "../live/lateness";
import { isUnassigned } from "../live/status";
import type { World } from "../live/world";

/** `change`: what the pending moves make of it; `was` the crew that has it in the plan of now. */
export interface Bar {
  taskId: string;
  crewId: string;
  sequence: number;
  etaMs: number;
  startMs: number;
  endMs: number;
  travelS: number | null;
  state: Assignment["state"] | "preview";
  pinned: boolean;
  change: PlanChange["kind"] | null;
  was: string | null;
}

export interface Arrangement {
  lanes: ReadonlyMap<string, readonly Bar[]>;
  unassigned: readonly Task[];
}

const SHOWN = new Set(["planned", "offered", "accepted", "started", "done"]);
/** A person may move these; accepted and started work is the crew's. */
const MOVABLE = new Set(["planned", "offered", "preview"]);

export function isMovable(bar: Bar): boolean {
  return MOVABLE.has(bar.state);
}

function barOf(row: Assignment): Bar {
  return {
    taskId: row.task_id,
    crewId: row.crew_id,
    sequence: row.sequence,
    etaMs: Date.parse(row.eta_at),
    startMs: Date.parse(row.started_at ?? row.start_at),
    endMs: Date.parse(row.done_at ?? row.end_at),
    travelS: row.travel_s,
    state: row.state,
    pinned: row.pinned,
    change: null,
    was: null,
  };
}

function changed(bar: Bar | undefined, change: PlanChange): Bar | null {
  const place = change.after;
  if (place === null) return null;
  const stays = bar?.crewId === place.crew_id;
  return {
    taskId: change.task_id,
    crewId: place.crew_id,
    sequence: place.sequence,
    etaMs: Date.parse(place.eta_at),
    startMs: Date.parse(place.start_at),
    endMs: Date.parse(place.end_at),
    travelS: stays ? bar.travelS : null,
    state: stays ? bar.state : "preview",
    pinned: place.pinned,
    change: change.kind,
    was: change.before?.crew_id ?? null,
  };
}

/** Put the server's preview over the plan of now; what the preview does not name stays. */
export function arranged(world: World, diff: readonly PlanChange[]): Arrangement {
  const bars = new Map<string, Bar>();
  for (const row of world.assignments.values()) {
    if (SHOWN.has(row.state)) bars.set(row.task_id, barOf(row));
  }
  const taken = new Set<string>();
  for (const change of diff) {
    const bar = changed(bars.get(change.task_id), change);
    if (bar === null) bars.delete(change.task_id);
    else bars.set(change.task_id, bar);
    taken.add(change.task_id);
  }
  const lanes = new Map<string, Bar[]>();
  for (const bar of bars.values()) {
    const lane = lanes.get(bar.crewId);
    if (lane === undefined) lanes.set(bar.crewId, [bar]);
    else lane.push(bar);
  }
  for (const lane of lanes.values()) lane.sort((a, b) => a.startMs - b.startMs);
  const free = [...world.tasks.values()].filter(
    (task) => !bars.has(task.id) && (taken.has(task.id) || isUnassigned(world, task)),
  );
  free.sort((a, b) => a.priority - b.priority || a.window_start.localeCompare(b.window_start));
  return { lanes, unassigned: free };
}

/** The visits a position counts among: those not done, without the task that is on its way. */
export function openVisits(bars: readonly Bar[], taskId: string): Bar[] {
  return bars.filter((bar) => bar.state !== "done" && bar.taskId !== taskId);
}

/** Where in a crew's route a task dropped at an instant goes: before the first visit whose middle
 * is later. */
export function positionAt(bars: readonly Bar[], taskId: string, ms: number): number {
  const visits = openVisits(bars, taskId);
  const after = visits.findIndex((bar) => (bar.startMs + bar.endMs) / 2 > ms);
  return after < 0 ? visits.length : after;
}

/** The instant to draw a position's marker at. */
export function markerAt(bars: readonly Bar[], taskId: string, position: number): number | null {
  const visits = openVisits(bars, taskId);
  const next = visits[position];
  if (next !== undefined) return next.etaMs;
  return visits.at(-1)?.endMs ?? null;
}

/** A task moves once: a later move of it takes the place of the earlier one, at the end. */
export function withMove(moves: readonly PlanMove[], move: PlanMove): PlanMove[] {
  return [...moves.filter((each) => each.task_id !== move.task_id), move];
}

/** How late a visit will begin; what has begun is not late any more. */
export function lateOf(bar: Bar, task: Task | undefined): Lateness {
  if (task === undefined || bar.state === "done" || bar.state === "started") return ON_TIME;
  return latenessOf(task, bar.startMs);
}
