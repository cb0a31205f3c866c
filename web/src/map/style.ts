/**
 * The map's own style: paper, a metric grid, and our data. It asks the network for nothing; text is
 * drawn by the browser from the bundled font (no `glyphs` address means exactly that).
 */
import type {
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from "maplibre-gl";

const EMPTY: SourceSpecification = {
  type: "geojson",
  data: { type: "FeatureCollection", features: [] },
};

// maplibre reads the weight from the first name, the browser finds the font by the second.
const TEXT = ["Inter Medium", "Inter Variable"];
const BOLD = ["Inter Bold", "Inter Variable"];

const colour: ExpressionSpecification = ["get", "colour"];

const GROUND: LayerSpecification[] = [
  { id: "paper", type: "background", paint: { "background-color": "#eef0ea" } },
];

const GRID: LayerSpecification[] = [
  {
    id: "squares",
    type: "fill",
    source: "grid",
    filter: ["==", ["get", "kind"], "square"],
    paint: { "fill-color": "#e9ece4", "fill-antialias": false },
  },
  {
    id: "minor",
    type: "line",
    source: "grid",
    filter: ["==", ["get", "kind"], "minor"],
    paint: { "line-color": "#dde2d8", "line-width": 1 },
  },
  {
    id: "major",
    type: "line",
    source: "grid",
    filter: ["==", ["get", "kind"], "major"],
    paint: { "line-color": "#ccd4c9", "line-width": 1.2 },
  },
];

const FENCES: LayerSpecification[] = [
  {
    id: "fence-halo",
    type: "line",
    source: "fences",
    paint: { "line-color": colour, "line-width": 10, "line-opacity": 0.1, "line-blur": 4 },
  },
  {
    id: "fence-fill",
    type: "fill",
    source: "fences",
    paint: { "fill-color": colour, "fill-opacity": 0.14 },
  },
  {
    id: "fence-hatch",
    type: "fill",
    source: "fences",
    filter: ["in", ["get", "kind"], ["literal", ["forbidden", "danger"]]],
    paint: { "fill-pattern": ["concat", "hatch-", ["get", "kind"]], "fill-opacity": 0.55 },
  },
  {
    id: "fence-line",
    type: "line",
    source: "fences",
    layout: { "line-join": "round" },
    paint: { "line-color": colour, "line-width": 1.8, "line-opacity": 0.9 },
  },
];

const width = (base: number): ExpressionSpecification => [
  "interpolate", ["linear"], ["zoom"], 9, base * 0.7, 15, base * 1.4,
]; // prettier-ignore

const faded: ExpressionSpecification = [
  "case", ["get", "dim"], 0.16, ["get", "past"], 0.45, 0.95,
]; // prettier-ignore

const ROUTES: LayerSpecification[] = [
  {
    id: "route-casing",
    type: "line",
    source: "routes",
    filter: ["!", ["get", "dim"]],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": "#ffffff", "line-width": width(5.2), "line-opacity": 0.75 },
  },
  {
    id: "route-planned",
    type: "line",
    source: "routes",
    filter: ["==", ["get", "solid"], false],
    layout: { "line-join": "round", "line-cap": "butt" },
    paint: {
      "line-color": colour,
      "line-width": width(2.2),
      "line-dasharray": [2.4, 1.8],
      "line-opacity": faded,
    },
  },
  {
    id: "route-now",
    type: "line",
    source: "routes",
    filter: ["==", ["get", "solid"], true],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": colour, "line-width": width(3), "line-opacity": faded },
  },
];

const PLACES: LayerSpecification[] = [
  {
    id: "depots",
    type: "symbol",
    source: "depots",
    layout: { "icon-image": "depot", "icon-allow-overlap": true },
  },
  {
    id: "fence-name",
    type: "symbol",
    source: "fence-names",
    minzoom: 9.5,
    layout: {
      "text-field": ["get", "name"],
      "text-font": BOLD,
      "text-size": ["interpolate", ["linear"], ["zoom"], 10, 11, 15, 14],
      "text-anchor": "bottom",
      "text-offset": [0, -0.5],
      "text-max-width": 14,
      // What a place is called stays readable under the traffic.
      "text-allow-overlap": true,
    },
    paint: {
      "text-color": ["get", "colour"],
      "text-halo-color": "#f7f8f4",
      "text-halo-width": 1.8,
    },
  },
  {
    id: "tasks",
    type: "symbol",
    source: "tasks",
    layout: {
      "icon-image": ["get", "icon"],
      "icon-offset": ["get", "offset"],
      "icon-allow-overlap": true,
      "icon-size": ["case", ["get", "selected"], 1.25, 1],
      "symbol-sort-key": ["get", "rank"],
      "text-field": ["get", "sequence"],
      "text-font": BOLD,
      "text-size": 11,
      "text-offset": ["get", "text_offset"],
      "text-allow-overlap": true,
    },
    paint: {
      "text-color": ["get", "ink"],
      "icon-opacity": ["case", ["get", "dim"], 0.35, 1],
      "text-opacity": ["case", ["get", "dim"], 0.35, 1],
    },
  },
];

const DEVICES: LayerSpecification[] = [
  {
    id: "accuracy",
    type: "fill",
    source: "accuracy",
    paint: { "fill-color": colour, "fill-opacity": 0.1, "fill-outline-color": colour },
  },
  {
    id: "selection",
    type: "circle",
    source: "devices",
    filter: ["get", "selected"],
    paint: {
      "circle-radius": 24,
      "circle-color": colour,
      "circle-opacity": 0.16,
      "circle-stroke-color": colour,
      "circle-stroke-width": 1.5,
    },
  },
  {
    id: "devices",
    type: "symbol",
    source: "devices",
    layout: {
      "icon-image": ["get", "icon"],
      "icon-rotate": ["get", "heading"],
      "icon-rotation-alignment": "map",
      "icon-allow-overlap": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.72, 12, 1],
      "symbol-sort-key": ["get", "rank"],
    },
  },
  {
    id: "device-badge",
    type: "symbol",
    source: "devices",
    filter: ["!=", ["get", "badge"], ""],
    layout: {
      "icon-image": ["get", "badge"],
      "icon-offset": [12, -12],
      "icon-allow-overlap": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.72, 12, 1],
    },
  },
  {
    id: "device-name",
    type: "symbol",
    source: "devices",
    minzoom: 10.5,
    filter: ["!=", ["get", "name"], ""],
    layout: {
      "text-field": ["get", "name"],
      "text-font": TEXT,
      "text-size": 11.5,
      "text-anchor": "top",
      "text-offset": [0, 1.45],
      "text-optional": true,
      "symbol-sort-key": ["get", "rank"],
    },
    paint: { "text-color": "#22384a", "text-halo-color": "#f7f8f4", "text-halo-width": 1.6 },
  },
];

export const DATA_SOURCES = [
  "grid", "fences", "fence-names", "routes", "depots", "tasks", "accuracy", "devices",
] as const; // prettier-ignore
export type DataSource = (typeof DATA_SOURCES)[number];

/** Build the style; with `tileUrl` ({z}/{x}/{y} of raster tiles) they take the paper's place. */
export function mapStyle(tileUrl: string | null): StyleSpecification {
  const sources: StyleSpecification["sources"] = Object.fromEntries(
    DATA_SOURCES.map((name) => [name, EMPTY]),
  );
  const ground = [...GROUND];
  if (tileUrl === null) ground.push(...GRID);
  else {
    sources.tiles = { type: "raster", tiles: [tileUrl], tileSize: 256, maxzoom: 19 };
    ground.push({
      id: "tiles",
      type: "raster",
      source: "tiles",
      paint: { "raster-saturation": -0.55, "raster-contrast": -0.12, "raster-brightness-min": 0.12 },
    });
  }
  return {
    version: 8,
    sources,
    layers: [...ground, ...FENCES, ...ROUTES, ...PLACES, ...DEVICES],
  };
}
