/** A day as GeoJSON: driven lines solid, gaps dashed, stops as dots, and where the playhead is. */
import type { Feature, FeatureCollection } from "geojson";
import type { VehicleDay } from "../api/shapes";
import { collection, feature, type LonLat } from "../map/features";
import type { Mark, Place } from "./playback";

/** One line for each stretch of one state; a stand draws none. */
export function lineFeatures(marks: readonly Mark[]): FeatureCollection {
  const features: Feature[] = [];
  let line: LonLat[] = [];
  marks.forEach((mark, index) => {
    const next = marks[index + 1];
    if (next === undefined || (mark.state !== "moving" && mark.state !== "gap")) return;
    line.push([mark.lon, mark.lat]);
    if (next.state === mark.state && index + 2 < marks.length) return;
    line.push([next.lon, next.lat]);
    features.push(feature({ type: "LineString", coordinates: line }, { state: mark.state }));
    line = [];
  });
  return collection(features);
}

export function stopFeatures(stops: VehicleDay["stops"]): FeatureCollection {
  return collection(
    stops.map((stop, index) =>
      feature({ type: "Point", coordinates: [stop.lon, stop.lat] }, { number: String(index + 1) }),
    ),
  );
}

export function headFeatures(place: Place | null): FeatureCollection {
  if (place === null) return collection([]);
  const point: LonLat = [place.lon, place.lat];
  return collection([feature({ type: "Point", coordinates: point }, { state: place.state })]);
}
