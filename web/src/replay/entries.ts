/** A day as people read it: trips, stops and what was not seen, in order of time. */
import type { VehicleDay } from "../api/shapes";
import type { Mark } from "./playback";

export type Entry =
  | { kind: "trip"; fromMs: number; toMs: number; open: boolean; id: string; distanceM: number }
  | { kind: "stop"; fromMs: number; toMs: number; open: boolean; id: string; number: number; site: string | null }
  | { kind: "gap"; fromMs: number; toMs: number; open: boolean; id: string };

/** A shorter silence is not worth a line of its own; the map dashes it all the same. */
const GAP_LEAST_MS = 10 * 60_000;

export function entriesOf(day: VehicleDay, marks: readonly Mark[]): Entry[] {
  const untilMs = Math.min(Date.parse(day.until_at), marks[marks.length - 1]?.atMs ?? Infinity);
  const fromMs = Date.parse(day.from_at);
  const trips: Entry[] = day.trips.map((trip) => ({
    kind: "trip",
    id: trip.id,
    fromMs: Date.parse(trip.started_at),
    toMs: Date.parse(trip.ended_at ?? trip.last_at),
    open: trip.ended_at === null,
    distanceM: trip.distance_m,
  }));
  const stops: Entry[] = day.stops.map((stop, index) => ({
    kind: "stop",
    id: stop.id,
    fromMs: Math.max(Date.parse(stop.started_at), fromMs),
    toMs: stop.ended_at === null ? untilMs : Math.min(Date.parse(stop.ended_at), untilMs),
    open: stop.ended_at === null,
    number: index + 1,
    site: stop.site_name,
  }));
  const gaps: Entry[] = marks.flatMap((mark, index): Entry[] => {
    const next = marks[index + 1];
    const long = next !== undefined && mark.state === "gap" && next.atMs - mark.atMs >= GAP_LEAST_MS;
    return long ? [{ kind: "gap", id: String(mark.atMs), fromMs: mark.atMs, toMs: next.atMs, open: false }] : [];
  });
  return [...trips, ...stops, ...gaps].sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
}
