/**
 * What the tenant looks like now: the snapshot's rows by id, moved on by events.
 *
 * Rows go forward only: an event older than the row we hold (its `version`) changes nothing, so
 * applying an event twice, or after a newer snapshot, is harmless.
 */
import type {
  Assignment,
  Crew,
  Fence,
  LiveDevice,
  LiveEvent,
  PlanView,
  PresenceRow,
  Site,
  Snapshot,
  Task,
} from "../api/shapes";

type ById<Item> = ReadonlyMap<string, Item>;

export interface World {
  /** Position in the event log; null before the first snapshot. */
  at: number | null;
  sites: ById<Site>;
  fences: ById<Fence>;
  crews: ById<Crew>;
  tasks: ById<Task>;
  assignments: ById<Assignment>;
  devices: ById<LiveDevice>;
  /** By device and fence, see `presenceKey`. */
  presence: ById<PresenceRow>;
  plan: PlanView;
  /** The last events, newest first. */
  log: readonly LoggedEvent[];
}

/** `seenAt`: server time at which it came here, milliseconds; not every body says when it was. */
export interface LoggedEvent extends LiveEvent {
  seenAt: number;
}

const LOG_LENGTH = 200;

const NO_PLAN: PlanView = {
  version: 0,
  published_at: null,
  trigger: {},
  routes: [],
  unassigned: [],
};

export const EMPTY_WORLD: World = {
  at: null,
  sites: new Map(),
  fences: new Map(),
  crews: new Map(),
  tasks: new Map(),
  assignments: new Map(),
  devices: new Map(),
  presence: new Map(),
  plan: NO_PLAN,
  log: [],
};

function byId<Item extends { id: string }>(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

const presenceKey = (device: string, fence: string) => `${device} ${fence}`;

/** Replace everything by the snapshot; the log of what was seen stays readable. */
export function fromSnapshot(world: World, snapshot: Snapshot, at: number): World {
  return {
    at,
    sites: byId(snapshot.sites),
    fences: byId(snapshot.fences),
    crews: byId(snapshot.crews),
    tasks: byId(snapshot.tasks),
    assignments: byId(snapshot.assignments),
    devices: byId(snapshot.devices),
    presence: new Map(
      snapshot.presence.map((row) => [presenceKey(row.device_id, row.fence_id), row]),
    ),
    plan: snapshot.plan,
    log: world.log,
  };
}

function upsert<Item extends { id: string; version: number }>(
  rows: ById<Item>,
  row: Item,
): ById<Item> {
  const known = rows.get(row.id);
  if (known !== undefined && known.version > row.version) return rows;
  return new Map(rows).set(row.id, row);
}

interface PresenceBody {
  status?: "provisional" | "confirmed";
  device: string;
  fence: string;
  site: string | null;
  at: string;
}

function moved(presence: World["presence"], event: LiveEvent): World["presence"] {
  const body = event.body as unknown as PresenceBody;
  if (body.status === "provisional") return presence;
  const rows = new Map(presence);
  const key = presenceKey(body.device, body.fence);
  if (event.kind === "presence.left") rows.delete(key);
  else {
    rows.set(key, {
      device_id: body.device,
      fence_id: body.fence,
      site_id: body.site,
      state: "inside",
      since: body.at,
    });
  }
  return rows;
}

/** Whether a crew is heard is not of its row, and leaves its version. */
function heard(crews: World["crews"], event: LiveEvent): World["crews"] {
  const { crew: id, since } = event.body as { crew: string; since: string };
  const crew = crews.get(id);
  if (crew === undefined) return crews;
  return new Map(crews).set(id, { ...crew, silent_since: event.kind === "crew.silent" ? since : null });
}

function applied(world: World, event: LiveEvent): World {
  const body: unknown = event.body;
  switch (event.kind) {
    case "task.created":
    case "task.changed":
    case "task.state_changed":
      return { ...world, tasks: upsert(world.tasks, body as Task) };
    case "assignment.changed":
      return { ...world, assignments: upsert(world.assignments, body as Assignment) };
    case "crew.changed":
    case "crew.shift_started":
    case "crew.shift_ended":
      return { ...world, crews: upsert(world.crews, body as Crew) };
    case "crew.silent":
    case "crew.heard":
      return { ...world, crews: heard(world.crews, event) };
    case "fence.changed":
      return { ...world, fences: upsert(world.fences, body as Fence) };
    case "site.changed":
      return { ...world, sites: upsert(world.sites, body as Site) };
    case "device.changed": {
      const device = body as LiveDevice;
      return { ...world, devices: new Map(world.devices).set(device.id, device) };
    }
    case "presence.entered":
    case "presence.left":
      return { ...world, presence: moved(world.presence, event) };
    default:
      return world;
  }
}

/** Whether people would call it news: an assignment re-planned within its state is not. */
function isNews(world: World, event: LiveEvent): boolean {
  if (event.kind !== "assignment.changed") return true;
  const row = event.body as unknown as Assignment;
  return world.assignments.get(row.id)?.state !== row.state;
}

/** Apply events in order, each once; kinds we do not know are only logged. */
export function withEvents(world: World, events: readonly LiveEvent[], seenAt: number): World {
  let next = world;
  for (const event of events) {
    if (next.at !== null && event.at <= next.at) continue;
    const log = isNews(next, event)
      ? [{ ...event, seenAt }, ...next.log].slice(0, LOG_LENGTH)
      : next.log;
    next = { ...applied(next, event), at: event.at, log };
  }
  return next;
}

/** Take a plan that was fetched, unless a newer one is already here. */
export function withPlan(world: World, plan: PlanView): World {
  return plan.version >= world.plan.version ? { ...world, plan } : world;
}
