/** Build the maplibre map: worker, style, icons, controls, fonts. */
import i18next from "i18next";
import {
  AttributionControl,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Bbox } from "../live/frames";
import { addIcons } from "./icons";
import { mapStyle } from "./style";

// maplibre-gl 6 finds its worker by address; without it the map stays blank under Vite.
setWorkerUrl(workerUrl);

/** France, until the first positions and sites say where to look. */
const FIRST_BOUNDS: Bbox = [-4.5, 42.5, 8, 50.8];

export async function createMap(
  container: HTMLElement,
  tileUrl: string | null,
): Promise<MapLibre> {
  // Labels are drawn once and kept; drawn before the font is here they would keep a fallback.
  await Promise.allSettled([
    document.fonts.load("500 16px 'Inter Variable'"),
    document.fonts.load("700 16px 'Inter Variable'"),
  ]);
  const map = new MapLibre({
    container,
    style: mapStyle(tileUrl),
    bounds: FIRST_BOUNDS,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    minZoom: 4,
    maxZoom: 19,
    locale: {
      "NavigationControl.ZoomIn": i18next.t("map.zoomIn"),
      "NavigationControl.ZoomOut": i18next.t("map.zoomOut"),
      "Map.Title": i18next.t("map.title"),
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 100, unit: "metric" }), "bottom-right");
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  if (tileUrl !== null) map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  await new Promise<void>((resolve) => map.once("load", () => resolve()));
  addIcons(map);
  return map;
}
