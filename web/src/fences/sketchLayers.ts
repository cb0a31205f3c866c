/** How a drawing looks on the map. */
import type { LayerSpecification, Map as MapLibre, SourceSpecification } from "maplibre-gl";

const EMPTY: SourceSpecification = {
  type: "geojson",
  data: { type: "FeatureCollection", features: [] },
};
const PEN = "#c2187a"; // no status and no kind of fence has it
export const HANDLES = "sketch-handles";

const LAYERS: LayerSpecification[] = [
  {
    id: "suggestion-fill",
    type: "fill",
    source: "suggestion",
    paint: { "fill-color": "#6d4bb0", "fill-opacity": 0.16 },
  },
  {
    id: "suggestion-line",
    type: "line",
    source: "suggestion",
    paint: { "line-color": "#6d4bb0", "line-width": 2.5, "line-dasharray": [2, 1.5] },
  },
  {
    id: "sketch-fill",
    type: "fill",
    source: "sketch",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": PEN, "fill-opacity": 0.14 },
  },
  {
    id: "sketch-outline",
    type: "line",
    source: "sketch",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "line-color": PEN, "line-width": 1.2 },
  },
  {
    id: "sketch-line",
    type: "line",
    source: "sketch",
    filter: ["all", ["==", ["geometry-type"], "LineString"], ["!", ["get", "open"]]],
    layout: { "line-join": "round" },
    paint: { "line-color": PEN, "line-width": 2.6 },
  },
  {
    id: "sketch-open",
    type: "line",
    source: "sketch",
    filter: ["all", ["==", ["geometry-type"], "LineString"], ["get", "open"]],
    paint: { "line-color": PEN, "line-width": 2.2, "line-dasharray": [2, 1.5] },
  },
  {
    id: "sketch-faults",
    type: "circle",
    source: "sketch",
    filter: ["==", ["get", "handle"], "fault"],
    paint: {
      "circle-radius": 13,
      "circle-color": "#cf2f2f",
      "circle-opacity": 0.2,
      "circle-stroke-color": "#cf2f2f",
      "circle-stroke-width": 2,
    },
  },
  {
    id: HANDLES,
    type: "circle",
    source: "sketch",
    filter: ["in", ["get", "handle"], ["literal", ["vertex", "middle", "radius"]]],
    paint: {
      "circle-radius": ["case", ["get", "selected"], 9, ["==", ["get", "handle"], "middle"], 4.5, 7],
      "circle-color": ["case", ["get", "selected"], PEN, "#ffffff"],
      "circle-opacity": ["case", ["==", ["get", "handle"], "middle"], 0.8, 1],
      "circle-stroke-color": PEN,
      "circle-stroke-width": ["case", ["==", ["get", "handle"], "middle"], 1.5, 2.5],
    },
  },
];

export function addSketchLayers(map: MapLibre): void {
  map.addSource("suggestion", EMPTY);
  map.addSource("sketch", EMPTY);
  for (const layer of LAYERS) map.addLayer(layer);
}
