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
  const narrow = map.getContainer().clientWidth < 600;
  map.fitBounds(bounds, {
    padding: narrow ? 48 : 90,
    maxZoom: 14,
    animate,
  });
  return true;
}

export function flyTo(map: MapLibre, lon: number, lat: number): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const target = { center: [lon, lat] as [number, number], zoom: Math.max(map.getZoom(), 13.5) };
  if (calm) map.jumpTo(target);
  else map.flyTo({ ...target, duration: 900 });
}
