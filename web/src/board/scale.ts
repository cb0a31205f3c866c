/** Hours to pixels and back: the board's horizontal axis. */

const HOUR_MS = 3_600_000;

export interface Scale {
  startMs: number;
  endMs: number;
  pxPerHour: number;
}

export function widthOf(scale: Scale): number {
  return ((scale.endMs - scale.startMs) / HOUR_MS) * scale.pxPerHour;
}

export function xOf(scale: Scale, ms: number): number {
  return ((ms - scale.startMs) / HOUR_MS) * scale.pxPerHour;
}

export function msAt(scale: Scale, x: number): number {
  return scale.startMs + (x / scale.pxPerHour) * HOUR_MS;
}

/** The full hours on the axis; every second one where they would stand too close. */
export function ticks(scale: Scale): number[] {
  const step = scale.pxPerHour < 56 ? 2 * HOUR_MS : HOUR_MS;
  const found: number[] = [];
  for (let ms = Math.ceil(scale.startMs / step) * step; ms < scale.endMs; ms += step) {
    found.push(ms);
  }
  return found;
}

/** An axis from the hour before the first instant to the hour after the last. */
export function scaleOver(instants: readonly number[], nowMs: number, pxPerHour: number): Scale {
  const all = [...instants, nowMs].filter(Number.isFinite);
  const startMs = Math.floor(Math.min(...all) / HOUR_MS) * HOUR_MS;
  const endMs = Math.ceil((Math.max(...all) + 1) / HOUR_MS) * HOUR_MS;
  return { startMs, endMs: Math.max(endMs, startMs + 4 * HOUR_MS), pxPerHour };
}
