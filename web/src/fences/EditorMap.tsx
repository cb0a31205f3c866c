/** The map one draws on: fences, the drawing with its handles, and the tools over it. */
import { Loader } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type GeoJSONSource, LngLatBounds, type Map as MapLibre } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Fence, Site } from "../api/shapes";
import { createMap } from "../map/createMap";
import type { LonLat } from "../map/features";
import mapCss from "../map/map.module.css";
import { drawGrid } from "../map/view";
import { useEditor } from "./editor";
import css from "./fences.module.css";
import { listenToHand, listenToKeys } from "./gestures";
import { backgroundFeatures, crossings, sketchFeatures, suggestionFeatures } from "./sketchFeatures";
import { addSketchLayers } from "./sketchLayers";
import { Tools } from "./Tools";

interface Props {
  tileUrl: string | null;
  fences: readonly Fence[];
  sites: readonly Site[];
  loaded: boolean;
  onPick: (fence: string) => void;
  onLeave: () => void;
}

/** Bring the rings into view. */
function fly(map: MapLibre, rings: readonly LonLat[][], animate: boolean) {
  const points = rings.flat();
  const [first] = points;
  if (first === undefined) return;
  const bounds = points.reduce((box, at) => box.extend(at), new LngLatBounds(first, first));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds(bounds, { padding: 90, maxZoom: 17, duration: 700, animate: animate && !calm });
}

function useDrawingMap({ tileUrl, onPick, onLeave }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<MapLibre | null>(null);
  const hands = useRef({ onPick, onLeave });
  useEffect(() => {
    hands.current = { onPick, onLeave };
  });

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    let gone = false;
    let leave: (() => void) | undefined;
    void createMap(element, tileUrl).then((made) => {
      if (gone) {
        made.remove();
        return;
      }
      addSketchLayers(made);
      made.on("moveend", () => void drawGrid(made));
      drawGrid(made);
      listenToHand(made, (fence) => hands.current.onPick(fence));
      const unlisten = listenToKeys(made, () => hands.current.onLeave());
      setMap(made);
      leave = () => {
        unlisten();
        made.remove();
        setMap(null);
      };
    });
    return () => {
      gone = true;
      leave?.();
    };
  }, [tileUrl]);
  return { container, map };
}

export default function EditorMap(props: Props) {
  const { fences, sites, loaded } = props;
  const { t } = useTranslation();
  const { container, map } = useDrawingMap(props);
  const { ref: frame, width } = useElementSize();
  const { editing, history, hover, suggestion } = useEditor();
  const fitted = useRef(false);
  const sketch = history.present;
  const inHand = editing === null || editing === "new" ? null : editing;

  useEffect(() => {
    if (map === null) return;
    const shown = backgroundFeatures(fences, inHand?.id ?? null);
    void map.getSource<GeoJSONSource>("fences")?.setData(shown.fences);
    void map.getSource<GeoJSONSource>("fence-names")?.setData(shown.names);
    if (!fitted.current && loaded) {
      fitted.current = true;
      const rings = fences.map((fence) => fence.area.coordinates[0] ?? []);
      const places = sites.flatMap(({ lon, lat }): LonLat[] => (lon === null || lat === null ? [] : [[lon, lat]]));
      fly(map, rings.length > 0 ? rings : [places], false);
    }
  }, [map, fences, sites, loaded, inHand]);

  useEffect(() => {
    if (map === null) return;
    const drawing = editing === null ? null : sketch;
    void map
      .getSource<GeoJSONSource>("sketch")
      ?.setData(drawing === null ? { type: "FeatureCollection", features: [] } : sketchFeatures(drawing, hover));
    void map.getSource<GeoJSONSource>("suggestion")?.setData(suggestionFeatures(suggestion));
    map.getCanvas().style.cursor = drawing !== null && drawing.drawing !== null ? "crosshair" : "";
  }, [map, editing, sketch, hover, suggestion]);

  useEffect(() => {
    if (map === null || inHand === null) return;
    // After the form beside the map has taken its place.
    const frame = requestAnimationFrame(() => {
      map.resize();
      fly(map, [inHand.area.coordinates[0] ?? []], true);
    });
    return () => cancelAnimationFrame(frame);
    // Only when another fence is taken in hand, not when its version moves on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [map, inHand?.id]);

  useEffect(() => {
    const proposed = suggestion?.geometry ?? null;
    if (map === null || proposed === null) return;
    const shown = suggestionFeatures(suggestion).features.flatMap(({ geometry }) =>
      geometry.type === "Polygon" ? [geometry.coordinates[0] as LonLat[]] : [],
    );
    fly(map, [...shown, ...useEditor.getState().history.present.rings], true);
  }, [map, suggestion]);

  useEffect(() => void map?.resize(), [map, width]);

  const crossed = editing === null ? [] : crossings(sketch);
  return (
    <section
      ref={frame}
      className={mapCss.frame}
      aria-label={t("fences.map")}
      data-testid="fence-map"
      data-ready={map !== null && loaded}
      data-points={sketch.rings.reduce((sum, ring) => sum + ring.length, 0)}
      data-whole={editing !== null && sketch.drawing === null}
    >
      <div ref={container} className={mapCss.canvas} data-testid="fence-canvas" />
      {!(map !== null && loaded) && (
        <div className={mapCss.loading} role="status">
          <Loader size="sm" color="ink" />
          <span>{t("map.loading")}</span>
        </div>
      )}
      {editing !== null && <Tools />}
      {editing !== null && sketch.drawing !== null && <span className={css.crosshair} aria-hidden="true" />}
      {crossed.length > 0 && (
        <div className={css.warning} role="alert" data-testid="fence-crosses">
          {t("fences.crosses")}
        </div>
      )}
    </section>
  );
}
