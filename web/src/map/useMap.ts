/** The map's life in React: made once, kept in step with the world, taken down with the screen. */
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { type RefObject, useEffect, useRef, useState } from "react";
import { serverNow } from "../live/clock";
import { fixes, look, useLive } from "../live/live";
import { assignmentOf, crewDevice } from "../live/status";
import { crewColours } from "../ui/colours";
import { type Selected, useSelection } from "../ui/selection";
import { createMap } from "./createMap";
import { DeviceLayer } from "./deviceLayer";
import { depotFeatures, fenceFeatures, fenceNames, taskFeatures } from "./features";
import { routeFeatures, stopsOf } from "./routes";
import { drawGrid, fitAll, showAll, viewportOf } from "./view";

const LOOK_AFTER_MS = 250;
const CLICKABLE = ["devices", "tasks"];
const HIT_PX = 6;

export interface MapFigures {
  shown: number;
  frames: number;
  gridM: number;
}

/** Whose route stays bright while something is selected. */
function crewInFocus(selected: Selected, crewOf: (kind: "task" | "device", id: string) => string | null) {
  if (selected === null) return null;
  return selected.kind === "crew" ? selected.id : crewOf(selected.kind, selected.id);
}

function listen(map: MapLibre, clicked: RefObject<boolean>, onGrid: (stepM: number) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settle = () => {
    onGrid(drawGrid(map));
    clearTimeout(timer);
    timer = setTimeout(() => {
      look(viewportOf(map, useLive.getState().world.devices.size));
    }, LOOK_AFTER_MS);
  };
  map.on("moveend", settle);
  map.on("resize", settle);
  map.on("click", (event) => {
    const { x, y } = event.point;
    const found = map.queryRenderedFeatures(
      [
        [x - HIT_PX, y - HIT_PX],
        [x + HIT_PX, y + HIT_PX],
      ],
      { layers: CLICKABLE },
    )[0];
    const id = found?.properties.id as string | undefined;
    clicked.current = true;
    useSelection
      .getState()
      .select(id === undefined ? null : { kind: found?.layer.id === "tasks" ? "task" : "device", id });
  });
  for (const layer of CLICKABLE) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  settle();
  return () => clearTimeout(timer);
}

/** What to bring into view: a task's place, a device, a crew's vehicle with its visits. */
function pointsOf(selected: Selected): [number, number][] {
  if (selected === null) return [];
  const { world } = useLive.getState();
  if (selected.kind === "task") {
    const { lon, lat } = world.tasks.get(selected.id) ?? { lon: null, lat: null };
    return lon === null || lat === null ? [] : [[lon, lat]];
  }
  if (selected.kind === "device") {
    const fix = fixes.latest.get(selected.id);
    return fix === undefined ? [] : [[fix.lon, fix.lat]];
  }
  const crew = world.crews.get(selected.id);
  const seen = crew === undefined ? undefined : crewDevice(world, crew, fixes.latest);
  const stops = stopsOf(world, selected.id).map((stop) => stop.at);
  return seen === undefined ? stops : [[seen.fix.lon, seen.fix.lat], ...stops];
}

export function useMap(container: RefObject<HTMLDivElement | null>, tileUrl: string | null) {
  const world = useLive((live) => live.world);
  const selected = useSelection((state) => state.selected);
  const [map, setMap] = useState<MapLibre | null>(null);
  const [layer, setLayer] = useState<DeviceLayer | null>(null);
  const [figures, setFigures] = useState<MapFigures>({ shown: 0, frames: 0, gridM: 0 });
  const clicked = useRef(false);
  const fitted = useRef(false);

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
      const unlisten = listen(made, clicked, (gridM) =>
        setFigures((before) => ({ ...before, gridM })),
      );
      const devices = new DeviceLayer(made, fixes, (shown, frames) =>
        setFigures((before) => ({ ...before, shown, frames })),
      );
      setMap(made);
      setLayer(devices);
      leave = () => {
        unlisten();
        devices.stop();
        made.remove();
        setMap(null);
        setLayer(null);
      };
    });
    return () => {
      gone = true;
      leave?.();
    };
  }, [container, tileUrl]);

  useEffect(() => {
    if (map === null || layer === null) return;
    const set = (name: string, data: GeoJSON.FeatureCollection) =>
      void map.getSource<GeoJSONSource>(name)?.setData(data);
    const focus = crewInFocus(selected, (kind, id) =>
      kind === "device"
        ? (world.devices.get(id)?.crew_id ?? null)
        : (assignmentOf(world, id)?.crew_id ?? null),
    );
    const focusTasks = selected?.kind === "task" ? null : focus;
    set("fences", fenceFeatures(world));
    set("fence-names", fenceNames(world));
    set("depots", depotFeatures(world));
    set("routes", routeFeatures(world, crewColours(world.crews.values()), focus));
    const task = selected?.kind === "task" ? selected.id : null;
    set("tasks", taskFeatures(world, serverNow(), task, focusTasks));
    layer.show(world, selected?.kind === "device" ? selected.id : null);
    if (!fitted.current && world.at !== null) {
      fitted.current = fitAll(map, world, fixes.latest.values(), false);
    }
  }, [map, layer, world, selected]);

  useEffect(() => {
    const fromMap = clicked.current;
    clicked.current = false;
    if (map === null || fromMap) return;
    // After the panel that opens beside the map has taken its place.
    const frame = requestAnimationFrame(() => {
      map.resize();
      showAll(map, pointsOf(selected));
    });
    return () => cancelAnimationFrame(frame);
  }, [map, selected]);

  const fit = () => {
    if (map !== null) fitAll(map, useLive.getState().world, fixes.latest.values(), true);
  };
  return { ready: map !== null, figures, fit };
}
