/** The map of a replay: the day's line, its stops, and the vehicle at the playhead. */
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import "maplibre-gl/dist/maplibre-gl.css";
import type { VehicleDay } from "../api/shapes";
import { useLive } from "../live/live";
import { createMap } from "../map/createMap";
import { fenceFeatures, fenceNames } from "../map/features";
import mapCss from "../map/map.module.css";
import { drawGrid, fitAll, showAll } from "../map/view";
import { headFeatures, lineFeatures, stopFeatures } from "./features";
import { LAYERS, SOURCES } from "./layers";
import { type Mark, placeAt } from "./playback";

interface Shown {
  tileUrl: string | null;
  marks: readonly Mark[];
  stops: VehicleDay["stops"];
  atMs: number;
}

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

function setSource(map: MapLibre, name: string, data: GeoJSON.FeatureCollection) {
  void map.getSource<GeoJSONSource>(name)?.setData(data);
}

function furnish(map: MapLibre) {
  for (const source of SOURCES) map.addSource(source, { type: "geojson", data: NOTHING });
  for (const layer of LAYERS) map.addLayer(layer);
  map.on("moveend", () => drawGrid(map));
  map.on("resize", () => drawGrid(map));
  drawGrid(map);
}

export default function ReplayMap({ tileUrl, marks, stops, atMs }: Shown) {
  const { t } = useTranslation();
  const world = useLive((live) => live.world);
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<MapLibre | null>(null);
  const framed = useRef<MapLibre | null>(null);
  const line = useMemo(() => lineFeatures(marks), [marks]);

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    let gone = false;
    let made: MapLibre | undefined;
    void createMap(element, tileUrl).then((created) => {
      if (gone) {
        created.remove();
        return;
      }
      made = created;
      furnish(created);
      setMap(created);
    });
    return () => {
      gone = true;
      made?.remove();
      setMap(null);
    };
  }, [tileUrl]);

  useEffect(() => {
    if (map === null) return;
    setSource(map, "fences", fenceFeatures(world));
    setSource(map, "fence-names", fenceNames(world));
    // Until a day is opened: where the sites are.
    if (framed.current !== map && marks.length === 0 && fitAll(map, world, [], false)) framed.current = map;
  }, [map, world, marks]);

  useEffect(() => {
    if (map === null) return;
    setSource(map, "replay-line", line);
    setSource(map, "replay-stops", stopFeatures(stops));
    map.resize();
    showAll(map, marks.map((mark) => [mark.lon, mark.lat]));
  }, [map, line, marks, stops]);

  useEffect(() => {
    if (map !== null) setSource(map, "replay-head", headFeatures(placeAt(marks, atMs)));
  }, [map, marks, atMs]);

  return (
    <section
      className={mapCss.frame}
      aria-label={t("replay.map")}
      data-testid="replay-map"
      data-ready={map !== null}
    >
      <div ref={container} className={mapCss.canvas} />
    </section>
  );
}
