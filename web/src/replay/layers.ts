/** What a replay adds to the map. */
import type { LayerSpecification } from "maplibre-gl";
import { INK, TONES } from "../ui/colours";

export const SOURCES = ["replay-line", "replay-stops", "replay-head"] as const;

const BOLD = ["Inter Bold", "Inter Variable"];

export const LAYERS: LayerSpecification[] = [
  {
    id: "replay-casing",
    type: "line",
    source: "replay-line",
    filter: ["==", ["get", "state"], "moving"],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": "#ffffff", "line-width": 7, "line-opacity": 0.8 },
  },
  {
    id: "replay-driven",
    type: "line",
    source: "replay-line",
    filter: ["==", ["get", "state"], "moving"],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": TONES.onway, "line-width": 3.6 },
  },
  {
    id: "replay-gap",
    type: "line",
    source: "replay-line",
    filter: ["==", ["get", "state"], "gap"],
    paint: { "line-color": TONES.off, "line-width": 2.4, "line-dasharray": [2, 2.2] },
  },
  {
    id: "replay-stop",
    type: "circle",
    source: "replay-stops",
    paint: {
      "circle-radius": 10,
      "circle-color": "#ffffff",
      "circle-stroke-color": INK,
      "circle-stroke-width": 2,
    },
  },
  {
    id: "replay-stop-number",
    type: "symbol",
    source: "replay-stops",
    layout: {
      "text-field": ["get", "number"],
      "text-font": BOLD,
      "text-size": 11,
      "text-allow-overlap": true,
    },
    paint: { "text-color": INK },
  },
  {
    id: "replay-head",
    type: "circle",
    source: "replay-head",
    paint: {
      "circle-radius": 9,
      // Hollow when it is not seen: a fresh-looking old dot is the worst lie.
      "circle-color": ["match", ["get", "state"], "gap", "#ffffff", "moving", TONES.onway, TONES.onsite],
      "circle-stroke-color": ["match", ["get", "state"], "gap", TONES.off, "#ffffff"],
      "circle-stroke-width": 3,
    },
  },
];
