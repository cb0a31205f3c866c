/** Where the map looks: the first view, flights, the grid under it, what the server must send. */
import { LngLatBounds, type GeoJSONSource, type Map as MapLibre } from "maplibre-gl";
import type { Fix } from "../live/fixes";
import type { Bbox, Viewport } from "../live/frames";
import type { World } from "../live/world";
import { gridOver, gridStep } from "./grid";

const EARTH_CIRCUMFERENCE_M = 40_075_016;
/** Up to this many devices one asks for all: the list's ages then stay true off the map too. */
const WHOLE_FLEET = 300;
const MARGIN = 0.2;
const NARROW_PX = 600;
const SHEET_PART = 0.28;

export function boundsOf(map: MapLibre, margin: number): Bbox {
  const bounds = map.getBounds();
  const dx = (bounds.getEast() - bounds.getWest()) * margin;
  const dy = (bounds.getNorth() - bounds.getSouth()) * margin;
  return [
    Math.max(-180, bounds.getWest() - dx),
    Math.max(-90, bounds.getSouth() - dy),
    Math.min(180, bounds.getEast() + dx),
    Math.min(90, bounds.getNorth() + dy),
  ];
}

export function viewportOf(map: MapLibre, devices: number): Viewport {
  const bbox: Bbox = devices <= WHOLE_FLEET ? [-180, -90, 180, 90] : boundsOf(map, MARGIN);
  return { bbox, zoom: map.getZoom() };
}

/** Redraw the grid for the view; returns the square's side in metres. */
export function drawGrid(map: MapLibre): number {
  const latitude = (map.getCenter().lat * Math.PI) / 180;
  const metresPerPixel =
    (EARTH_CIRCUMFERENCE_M * Math.cos(latitude)) / (512 * 2 ** map.getZoom());
  const step = gridStep(metresPerPixel);
  void map.getSource<GeoJSONSource>("grid")?.setData(gridOver(boundsOf(map, 0.6), step));
  return step;
}

/** Around everything there is; false while there is nothing to look at. */
export function fitAll(map: MapLibre, world: World, latest: Iterable<Fix>, animate: boolean): boolean {
  const bounds = new LngLatBounds();
  for (const site of world.sites.values()) {
    if (site.lon !== null && site.lat !== null) bounds.extend([site.lon, site.lat]);
  }
  for (const crew of world.crews.values()) bounds.extend([crew.depot_lon, crew.depot_lat]);
  for (const fix of latest) bounds.extend([fix.lon, fix.lat]);
  if (bounds.isEmpty()) return false;
  const wide = map.getContainer().clientWidth > 900;
  map.fitBounds(bounds, {
    // On the left a wide map carries its legend.
    padding: wide ? { top: 70, right: 90, bottom: 60, left: 230 } : 48,
    maxZoom: 14,
    animate: animate && !isCalm(),
  });
  return true;
}

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Show some points at once; one alone is flown to. */
export function showAll(map: MapLibre, points: [lon: number, lat: number][]): void {
  const [first] = points;
  if (first === undefined) return;
  if (points.length === 1) flyTo(map, ...first);
  else {
    const bounds = points.reduce((box, point) => box.extend(point), new LngLatBounds(first, first));
    map.fitBounds(bounds, { padding: 90, maxZoom: 15, duration: 900, animate: !isCalm() });
  }
}

export function flyTo(map: MapLibre, lon: number, lat: number): void {
  // On a phone the task's sheet hides the lower half: aim for the middle of what is left.
  const { clientWidth, clientHeight } = map.getContainer();
  map.flyTo({
    center: [lon, lat],
    zoom: Math.max(map.getZoom(), 13.5),
    offset: [0, clientWidth < NARROW_PX ? -clientHeight * SHEET_PART : 0],
    duration: 900,
    animate: !isCalm(),
  });
}
