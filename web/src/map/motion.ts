/**
 * Smooth movement between two received fixes, never beyond the last one: a marker that runs ahead
 * of what is known would be a guess drawn as a fact.
 */
import type { Fix } from "../live/fixes";

interface Move {
  from: [lon: number, lat: number];
  to: [lon: number, lat: number];
  startedAt: number;
  durationMs: number;
}

const SHORTEST_MS = 300;
const LONGEST_MS = 2000;
/** Farther than this (degrees, some 3 km) a marker jumps: gliding would draw a path nobody drove. */
const JUMP_DEG = 0.03;

export class Motion {
  private readonly moves = new Map<string, Move>();
  private readonly seen = new Map<string, number>();

  /** Take a new fix: glide to it from where the marker is drawn now. */
  head(fix: Fix, now: number): void {
    const target: [number, number] = [fix.lon, fix.lat];
    const here = this.at(fix.device, now);
    const gap = fix.observedAt - (this.seen.get(fix.device) ?? fix.observedAt);
    this.seen.set(fix.device, fix.observedAt);
    const far =
      here === null ||
      Math.abs(here[0] - target[0]) > JUMP_DEG ||
      Math.abs(here[1] - target[1]) > JUMP_DEG;
    this.moves.set(fix.device, {
      from: far ? target : here,
      to: target,
      startedAt: now,
      durationMs: far ? 0 : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, gap)),
    });
  }

  /** Where to draw a device at `now`; null for one never seen. */
  at(device: string, now: number): [number, number] | null {
    const move = this.moves.get(device);
    if (move === undefined) return null;
    if (move.durationMs === 0) return move.to;
    const part = Math.min(1, Math.max(0, (now - move.startedAt) / move.durationMs));
    return [
      move.from[0] + (move.to[0] - move.from[0]) * part,
      move.from[1] + (move.to[1] - move.from[1]) * part,
    ];
  }

  isMoving(now: number): boolean {
    for (const move of this.moves.values()) {
      if (now - move.startedAt < move.durationMs) return true;
    }
    return false;
  }

  keepOnly(devices: ReadonlySet<string>): void {
    for (const device of this.moves.keys()) {
      if (!devices.has(device)) {
        this.moves.delete(device);
        this.seen.delete(device);
      }
    }
  }
}
