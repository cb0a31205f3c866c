/**
 * The last fix of every device, outside React: frames come twice a second, each with hundreds.
 *
 * A fix is known by the server's time of observation; ages are counted from it with the server's
 * clock, so a slow network or a wrong clock here never makes a position look fresh.
 */
import type { FixRow } from "../api/shapes";

export interface Fix {
  device: string;
  lon: number;
  lat: number;
  headingDeg: number | null;
  speedMps: number | null;
  moving: boolean;
  accuracyM: number | null;
  /** Server time of the observation, milliseconds. */
  observedAt: number;
}

export function readFix(row: FixRow, nowMs: number): Fix {
  const [device, lon, lat, headingDeg, speedMps, ageS, status, accuracyM] = row;
  return {
    device,
    lon,
    lat,
    headingDeg,
    speedMps,
    moving: status === "moving",
    accuracyM,
    observedAt: nowMs - ageS * 1000,
  };
}

// A row's age has a resolution; the same fix sent again must not look newer than it is.
const SAME_FIX_MS = 50;

export class FixBook {
  readonly latest = new Map<string, Fix>();
  /** Frames taken so far: what a test watches to see that positions arrive. */
  frames = 0;
  private readonly listeners = new Set<(changed: readonly Fix[]) => void>();

  /** Take a frame; a fix older than the one we have is dropped. */
  merge(rows: readonly FixRow[], now: string): void {
    const nowMs = Date.parse(now);
    const changed: Fix[] = [];
    for (const row of rows) {
      const fix = readFix(row, nowMs);
      const known = this.latest.get(fix.device);
      if (known !== undefined && fix.observedAt <= known.observedAt + SAME_FIX_MS) continue;
      this.latest.set(fix.device, fix);
      changed.push(fix);
    }
    this.frames += 1;
    this.tell(changed);
  }

  /** Start again from a snapshot: a device it does not name is no longer shown. */
  replace(rows: readonly FixRow[], now: string): void {
    const named = new Set(rows.map((row) => row[0]));
    for (const device of this.latest.keys()) {
      if (!named.has(device)) this.latest.delete(device);
    }
    this.merge(rows, now);
  }

  /** Take devices off the map at once: whoever bears them is private now. */
  hide(devices: readonly string[]): void {
    for (const device of devices) this.latest.delete(device);
    this.tell([]);
  }

  clear(): void {
    this.latest.clear();
    this.tell([]);
  }

  subscribe(listener: (changed: readonly Fix[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(changed: readonly Fix[]): void {
    for (const listener of this.listeners) listener(changed);
  }
}
