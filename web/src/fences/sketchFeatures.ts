/** A drawing as GeoJSON: what it covers, its lines, its handles, the line that follows the pointer. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Fence, FenceSuggestion } from "../api/shapes";
import { collection, feature, type LonLat } from "../map/features";
import { FENCE_NAMES, FENCES, INK } from "../ui/colours";
import { circleRing, corridorRings, crossingOf, metresBetween, shifted } from "./measure";
import { isWhole, midpoints, type Sketch } from "./sketch";

const closed = (ring: readonly LonLat[]): LonLat[] => [...ring, ...ring.slice(0, 1)];

function areas(sketch: Sketch, hover: LonLat | null): Feature[] {
  const [line = []] = sketch.rings;
  const [centre] = line;
  switch (sketch.shape) {
    case "Polygon": {
      const rings = sketch.rings.filter((ring) => ring.length >= 3).map(closed);
      return rings.length === 0 ? [] : [feature({ type: "Polygon", coordinates: rings }, {})];
    }
    case "LineString": {
      const more = sketch.drawing !== null && hover !== null ? [...line, hover] : line;
      return corridorRings(more, sketch.widthM).map((ring) =>
        feature({ type: "Polygon", coordinates: [ring] }, {}),
      );
    }
    case "Point": {
      if (centre === undefined) return [];
      const reach =
        sketch.drawing !== null && hover !== null ? metresBetween(centre, hover) : sketch.radiusM;
      return [feature({ type: "Polygon", coordinates: [circleRing(centre, reach)] }, {})];
    }
  }
}

function lines(sketch: Sketch, hover: LonLat | null): Feature[] {
  const made = sketch.rings.flatMap((ring, i): Feature[] => {
    if (sketch.shape === "Point" || ring.length === 0) return [];
    if (i === sketch.drawing) {
      const path = hover === null ? ring : [...ring, hover];
      return [feature({ type: "LineString", coordinates: path }, { open: true })];
    }
    const path = sketch.shape === "Polygon" ? closed(ring) : ring;
    return [feature({ type: "LineString", coordinates: path }, { open: false })];
  });
  const [centre] = sketch.rings[0] ?? [];
  if (sketch.shape === "Point" && centre !== undefined && sketch.drawing === null) {
    const edge = shifted(centre, sketch.radiusM, 0);
    made.push(feature({ type: "LineString", coordinates: [centre, edge] }, { open: true }));
  }
  return made;
}

function handles(sketch: Sketch): Feature[] {
  const { selected } = sketch;
  const points = sketch.rings.flatMap((ring, r) =>
    ring.map((at, i) =>
      feature(
        { type: "Point", coordinates: at },
        {
          handle: "vertex",
          ring: r,
          index: i,
          selected: selected?.ring === r && selected.index === i,
        },
      ),
    ),
  );
  const between = midpoints(sketch).map(({ place, at }) =>
    feature({ type: "Point", coordinates: at }, { handle: "middle", ...place, selected: false }),
  );
  const [centre] = sketch.rings[0] ?? [];
  if (sketch.shape === "Point" && isWhole(sketch) && centre !== undefined) {
    const edge = shifted(centre, sketch.radiusM, 0);
    between.push(
      feature({ type: "Point", coordinates: edge }, { handle: "radius", ring: 0, index: 0, selected: false }),
    );
  }
  return [...between, ...points];
}

/** Where an outline crosses itself, so that one sees it before the server says it. */
export function crossings(sketch: Sketch): LonLat[] {
  if (sketch.shape !== "Polygon") return [];
  return sketch.rings.flatMap((ring, i) => {
    const place = i === sketch.drawing ? null : crossingOf(ring);
    return place === null ? [] : [place];
  });
}

export function sketchFeatures(sketch: Sketch, hover: LonLat | null): FeatureCollection {
  const faults = crossings(sketch).map((at) =>
    feature({ type: "Point", coordinates: at }, { handle: "fault", selected: false }),
  );
  return collection([...areas(sketch, hover), ...lines(sketch, hover), ...handles(sketch), ...faults]);
}

export function suggestionFeatures(suggestion: FenceSuggestion | null): FeatureCollection {
  const geometry = suggestion?.geometry ?? null;
  if (suggestion === null || geometry === null) return collection([]);
  if (geometry.type !== "Point") return collection([feature(geometry, {})]);
  const ring = circleRing(geometry.coordinates, suggestion.radius_m ?? 0);
  return collection([feature({ type: "Polygon", coordinates: [ring] }, {})]);
}

/** The other fences, under the drawing. */
export function backgroundFeatures(fences: readonly Fence[], without: string | null) {
  const shown = fences.filter((fence) => fence.active && fence.id !== without);
  const north = (fence: Fence): LonLat => {
    const ring = fence.area.coordinates[0] ?? [];
    const lons = ring.map((point) => point[0]);
    return [(Math.min(...lons) + Math.max(...lons)) / 2, Math.max(...ring.map((point) => point[1]))];
  };
  return {
    fences: collection(
      shown.map((fence) =>
        feature(fence.area as Geometry, {
          id: fence.id,
          kind: fence.kind,
          colour: FENCES[fence.kind] ?? INK,
        }),
      ),
    ),
    names: collection(
      shown.map((fence) =>
        feature(
          { type: "Point", coordinates: north(fence) },
          { name: fence.name, colour: FENCE_NAMES[fence.kind] ?? INK },
        ),
      ),
    ),
  };
}
