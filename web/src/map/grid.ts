/** A metric grid for the empty paper: squares of 100 m to 50 km, whichever reads well at a zoom. */
import type { Feature, FeatureCollection } from "geojson";
import type { Bbox } from "../live/frames";

const STEPS_M = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000];
const METRES_PER_DEGREE = 111_320;
const WANTED_PX = 72;
/** A thick line every five squares. */
const MAJOR = 5;
const MOST_LINES = 400;

/** The side of a square in metres, given metres per pixel. */
export function gridStep(metresPerPixel: number): number {
  const wanted = metresPerPixel * WANTED_PX;
  return STEPS_M.find((step) => step >= wanted) ?? 500_000;
}

function line(kind: string, coordinates: [number, number][]): Feature {
  return { type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates } };
}

function square(w: number, s: number, e: number, n: number): Feature {
  const coordinates = [[[w, s], [e, s], [e, n], [w, n], [w, s]]]; // prettier-ignore
  return {
    type: "Feature",
    properties: { kind: "square" },
    geometry: { type: "Polygon", coordinates },
  };
}

/** Lines over the box; the parallel that fixes the meridians' spacing moves in half degrees. */
export function gridOver([west, south, east, north]: Bbox, stepM: number): FeatureCollection {
  const parallel = Math.round(south + north) / 2;
  const dLat = stepM / METRES_PER_DEGREE;
  const dLon = dLat / Math.max(0.1, Math.cos((parallel * Math.PI) / 180));
  const [i0, i1] = [Math.floor(west / dLon), Math.ceil(east / dLon)];
  const [j0, j1] = [Math.floor(south / dLat), Math.ceil(north / dLat)];
  const features: Feature[] = [];
  if (i1 - i0 > MOST_LINES || j1 - j0 > MOST_LINES) return { type: "FeatureCollection", features };
  const block = (k: number) => Math.floor(k / MAJOR);
  for (let i = block(i0); i <= block(i1); i += 1) {
    for (let j = block(j0); j <= block(j1); j += 1) {
      if ((i + j) % 2 !== 0) continue;
      const [w, s] = [i * MAJOR * dLon, j * MAJOR * dLat];
      features.push(square(w, s, w + MAJOR * dLon, s + MAJOR * dLat));
    }
  }
  for (let i = i0; i <= i1; i += 1) {
    const kind = i % MAJOR === 0 ? "major" : "minor";
    features.push(line(kind, [[i * dLon, j0 * dLat], [i * dLon, j1 * dLat]])); // prettier-ignore
  }
  for (let j = j0; j <= j1; j += 1) {
    const kind = j % MAJOR === 0 ? "major" : "minor";
    features.push(line(kind, [[i0 * dLon, j * dLat], [i1 * dLon, j * dLat]])); // prettier-ignore
  }
  return { type: "FeatureCollection", features };
}
