/** Metres on the ground, near enough to draw by; the server measures exactly. */
import type { LonLat } from "../map/features";

const METRES_PER_DEGREE = 111_320;
const CIRCLE_POINTS = 72;

const rad = (degrees: number) => (degrees * Math.PI) / 180;

function scale(lat: number): [number, number] {
  return [METRES_PER_DEGREE * Math.cos(rad(lat)), METRES_PER_DEGREE];
}

/** Metres from a to b. */
export function metresBetween(a: LonLat, b: LonLat): number {
  const [sx, sy] = scale((a[1] + b[1]) / 2);
  return Math.hypot((b[0] - a[0]) * sx, (b[1] - a[1]) * sy);
}

/** The point so far east and north of another. */
export function shifted([lon, lat]: LonLat, eastM: number, northM: number): LonLat {
  const [sx, sy] = scale(lat);
  return [lon + eastM / sx, lat + northM / sy];
}

export function middle(a: LonLat, b: LonLat): LonLat {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** A closed ring around a centre. */
export function circleRing(centre: LonLat, radiusM: number): LonLat[] {
  return Array.from({ length: CIRCLE_POINTS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * (i % CIRCLE_POINTS)) / CIRCLE_POINTS;
    return shifted(centre, radiusM * Math.cos(angle), radiusM * Math.sin(angle));
  });
}

/** The outline of a line with a width: one ring for each stretch, round at both ends. */
export function corridorRings(line: readonly LonLat[], widthM: number): LonLat[][] {
  const half = widthM / 2;
  return line.slice(1).map((end, i) => {
    const start = line[i] ?? end;
    const [sx, sy] = scale(start[1]);
    const heading = Math.atan2((end[1] - start[1]) * sy, (end[0] - start[0]) * sx);
    const arc = (at: LonLat, from: number) =>
      Array.from({ length: 9 }, (_, k) => {
        const angle = from + (Math.PI * k) / 8;
        return shifted(at, half * Math.cos(angle), half * Math.sin(angle));
      });
    const ring = [...arc(end, heading - Math.PI / 2), ...arc(start, heading + Math.PI / 2)];
    return [...ring, ring[0] ?? end];
  });
}

function side(a: LonLat, b: LonLat, p: LonLat): number {
  return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

function cross(a: LonLat, b: LonLat, c: LonLat, d: LonLat): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Where an open ring's edges cross each other, null where they do not. */
export function crossingOf(ring: readonly LonLat[]): LonLat | null {
  const n = ring.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n]];
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue;
      if (!cross(a, b, c, d)) continue;
      const along = side(c, d, a) / (side(c, d, a) - side(c, d, b));
      return [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])];
    }
  }
  return null;
}

/** Square metres in an open ring. */
export function ringAreaM2(ring: readonly LonLat[]): number {
  const first = ring[0];
  if (first === undefined) return 0;
  const [sx, sy] = scale(first[1]);
  const sum = ring.reduce((total, [lon, lat], i) => {
    const [nextLon, nextLat] = ring[(i + 1) % ring.length] ?? first;
    const [x, y] = [(lon - first[0]) * sx, (lat - first[1]) * sy];
    const [u, v] = [(nextLon - first[0]) * sx, (nextLat - first[1]) * sy];
    return total + x * v - u * y;
  }, 0);
  return Math.abs(sum) / 2;
}
