/** What a key does to a task on the board: Space picks it up, arrows move it, Enter drops it, Escape
 * gives up, Delete takes it from its crew, P keeps it where it is. */
import { type Arrangement, type Bar, isMovable, openVisits } from "./arrangement";

/** A crew and a place among its open visits; with no crew, the tray. */
export interface Place {
  crewId: string | null;
  position: number;
}

export interface Held extends Place {
  taskId: string;
}

export type Step =
  | { kind: "hold"; held: Held }
  | { kind: "release" }
  | { kind: "put"; place: Place }
  | { kind: "pin" };

const TRAY: Place = { crewId: null, position: 0 };

function barOf(arrangement: Arrangement, taskId: string): Bar | undefined {
  for (const bars of arrangement.lanes.values()) {
    const bar = bars.find((each) => each.taskId === taskId);
    if (bar !== undefined) return bar;
  }
  return undefined;
}

/** Where a task stands. */
export function placeOf(arrangement: Arrangement, taskId: string): Place {
  const crewId = barOf(arrangement, taskId)?.crewId;
  if (crewId === undefined) return TRAY;
  const open = (arrangement.lanes.get(crewId) ?? []).filter((bar) => bar.state !== "done");
  return { crewId, position: Math.max(0, open.findIndex((bar) => bar.taskId === taskId)) };
}

export function samePlace(one: Place, other: Place): boolean {
  return one.crewId === other.crewId && (one.crewId === null || one.position === other.position);
}

/** Whether a task is there to be carried: in the tray, or planned and not the crew's own yet. */
export function isCarriable(arrangement: Arrangement, taskId: string): boolean {
  const bar = barOf(arrangement, taskId);
  return bar === undefined
    ? arrangement.unassigned.some((task) => task.id === taskId)
    : isMovable(bar);
}

function lastPlace(arrangement: Arrangement, crewId: string | null, taskId: string): number {
  return crewId === null ? 0 : openVisits(arrangement.lanes.get(crewId) ?? [], taskId).length;
}

/** The lanes stand in the order of `crewIds`; the tray is above the first. */
function carried(
  key: string,
  held: Held,
  crewIds: readonly string[],
  arrangement: Arrangement,
): Step | null {
  const { taskId, crewId, position } = held;
  const over = (rows: number): Step => {
    const at = crewId === null ? -1 : crewIds.indexOf(crewId);
    const to = crewIds[Math.min(crewIds.length - 1, at + rows)] ?? null;
    const most = lastPlace(arrangement, to, taskId);
    return { kind: "hold", held: { taskId, crewId: to, position: Math.min(position, most) } };
  };
  const along = (places: number): Step => {
    const most = lastPlace(arrangement, crewId, taskId);
    const to = Math.max(0, Math.min(most, position + places));
    return { kind: "hold", held: { ...held, position: to } };
  };
  const drop = (place: Place): Step =>
    samePlace(place, placeOf(arrangement, taskId)) ? { kind: "release" } : { kind: "put", place };
  switch (key) {
    case " ":
    case "Enter":
      return drop({ crewId, position });
    case "Escape":
      return { kind: "release" };
    case "Delete":
      return drop(TRAY);
    case "ArrowUp":
      return over(-1);
    case "ArrowDown":
      return over(1);
    case "ArrowLeft":
      return along(-1);
    case "ArrowRight":
      return along(1);
    default:
      return null;
  }
}

/** What a key pressed on a task asks for; null where it is not the board's. */
export function stepOf(
  key: string,
  taskId: string,
  held: Held | null,
  crewIds: readonly string[],
  arrangement: Arrangement,
): Step | null {
  if (held?.taskId === taskId) return carried(key, held, crewIds, arrangement);
  const place = placeOf(arrangement, taskId);
  if (key.toLowerCase() === "p") return place.crewId === null ? null : { kind: "pin" };
  if (!isCarriable(arrangement, taskId)) return null;
  if (key === " ") return { kind: "hold", held: { taskId, ...place } };
  if (key === "Delete" && place.crewId !== null) return { kind: "put", place: TRAY };
  return null;
}
