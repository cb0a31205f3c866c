/** A crew's day sorted for the thumb: the offer to answer, the visit in hand, the rest, the done. */
import type { Visit } from "../api/shapes";

export interface Day {
  offers: Visit[];
  /** The visit under way, else the next accepted one. */
  current: Visit | null;
  coming: Visit[];
  done: Visit[];
}

export function orderDay(visits: readonly Visit[], nowMs: number): Day {
  const sorted = [...visits].sort((a, b) => a.assignment.sequence - b.assignment.sequence);
  const of = (...states: string[]) => sorted.filter((v) => states.includes(v.assignment.state));
  const offers = of("offered").filter((visit) => secondsLeft(visit, nowMs) !== 0);
  const current = of("started")[0] ?? of("accepted")[0] ?? null;
  return {
    offers,
    current,
    coming: of("accepted", "started", "planned").filter((visit) => visit !== current),
    done: of("done"),
  };
}

/** Whole seconds left to answer; null when the offer has no end, 0 when it has ended. */
export function secondsLeft(visit: Visit, nowMs: number): number | null {
  const ends = visit.assignment.expires_at;
  return ends === null ? null : Math.max(0, Math.ceil((Date.parse(ends) - nowMs) / 1000));
}

export function countdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** An address a phone's navigation app opens (RFC 5870); null without a point. */
export function geoUri({ task, site }: Visit): string | null {
  const lon = task.lon ?? site.lon;
  const lat = task.lat ?? site.lat;
  if (lon === null || lat === null) return null;
  return `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(site.name)})`;
}
