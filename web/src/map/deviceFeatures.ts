/** Vehicles and phones as GeoJSON at one instant: icon, heading, badge, accuracy. */
import type { Feature, FeatureCollection } from "geojson";
import type { Fix } from "../live/fixes";
import { STALE_MS, toneOf } from "../live/status";
import type { World } from "../live/world";
import { TONES } from "../ui/colours";
import { collection, feature, type LonLat } from "./features";
import { deviceIcon } from "./icons";

const METRES_PER_DEGREE = 111_320;
/** A circle smaller than the marker itself says nothing. */
const SHOW_ACCURACY_M = 30;
const CIRCLE_POINTS = 40;

/** What does not change from frame to frame, kept between two fixes of the device. */
export interface Marker {
  device: string;
  accuracyM: number | null;
  colour: string;
  properties: Record<string, unknown>;
}

export function markerOf(
  world: World,
  fix: Fix,
  nowMs: number,
  selected: string | null,
): Marker | null {
  const device = world.devices.get(fix.device);
  if (device === undefined) return null;
  const tone = toneOf(world, device, fix, nowMs);
  const stale = nowMs - fix.observedAt > STALE_MS;
  const vehicle = device.kind === "tracker";
  const moving = fix.moving && fix.headingDeg !== null;
  const rank = (vehicle ? 2 : 1) + (tone === "alert" ? 4 : 0) + (device.id === selected ? 8 : 0);
  return {
    device: device.id,
    accuracyM: fix.accuracyM,
    colour: TONES[tone],
    properties: {
      id: device.id,
      icon: deviceIcon({ vehicle, moving, stale, tone }),
      heading: moving ? fix.headingDeg : 0,
      badge: tone === "late" || tone === "alert" ? `badge-${tone}` : "",
      // People are named when one asks for them, not by walking past on a screen.
      name: vehicle || device.id === selected ? device.label : "",
      colour: TONES[tone],
      selected: device.id === selected,
      rank,
    },
  };
}

function circle([lon, lat]: LonLat, radiusM: number): LonLat[] {
  const dLat = radiusM / METRES_PER_DEGREE;
  const dLon = dLat / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: CIRCLE_POINTS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CIRCLE_POINTS;
    return [lon + dLon * Math.cos(angle), lat + dLat * Math.sin(angle)] as LonLat;
  });
}

/** Points and accuracy discs for markers standing where `at` says. */
export function deviceFeatures(
  markers: readonly Marker[],
  at: (device: string) => LonLat | null,
): { points: FeatureCollection; discs: FeatureCollection } {
  const points: Feature[] = [];
  const discs: Feature[] = [];
  for (const marker of markers) {
    const place = at(marker.device);
    if (place === null) continue;
    points.push(feature({ type: "Point", coordinates: place }, marker.properties));
    if (marker.accuracyM !== null && marker.accuracyM > SHOW_ACCURACY_M) {
      discs.push(
        feature(
          { type: "Polygon", coordinates: [circle(place, marker.accuracyM)] },
          { colour: marker.colour },
        ),
      );
    }
  }
  return { points: collection(points), discs: collection(discs) };
}
