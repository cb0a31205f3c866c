/** The hand on the map: what clicks, drags and keys do to the drawing. */
import type { MapLayerMouseEvent, MapLayerTouchEvent, Map as MapLibre } from "maplibre-gl";
import type { LonLat } from "../map/features";
import { useEditor } from "./editor";
import { metresBetween } from "./measure";
import { canClose, type Place } from "./sketch";
import { HANDLES } from "./sketchLayers";

const HIT_PX = 10;
const NUDGE_PX = 2;
const FAR_PX = 20;

type Handle = "vertex" | "middle" | "radius";
interface Found {
  handle: Handle;
  place: Place;
}

function found(map: MapLibre, { x, y }: { x: number; y: number }): Found | null {
  const box: [[number, number], [number, number]] = [
    [x - HIT_PX, y - HIT_PX],
    [x + HIT_PX, y + HIT_PX],
  ];
  const all = map.queryRenderedFeatures(box, { layers: [HANDLES] });
  // A corner lies over the points between: it is what one meant.
  const hit = all.find((one) => one.properties.handle !== "middle") ?? all[0];
  if (hit === undefined) return null;
  const { handle, ring, index } = hit.properties as { handle: Handle } & Place;
  return { handle, place: { ring, index } };
}

const editor = () => useEditor.getState();

function dragging(map: MapLibre, start: Found, first: LonLat) {
  const { act } = editor();
  let moved = false;
  const on = (at: LonLat) => {
    const { history } = editor();
    const [centre] = history.present.rings[0] ?? [];
    if (start.handle === "radius" && centre !== undefined) {
      act({ kind: "radius", metres: metresBetween(centre, at) }, moved);
    } else {
      act({ kind: "move", place: start.place, at }, moved || start.handle === "middle");
    }
    moved = true;
  };
  if (start.handle === "middle") act({ kind: "insert", place: start.place, at: first });
  if (start.handle === "vertex") act({ kind: "select", place: start.place });
  const move = (event: MapLayerMouseEvent | MapLayerTouchEvent) => on(event.lngLat.toArray());
  const end = () => {
    map.off("mousemove", move);
    map.off("touchmove", move);
    map.getCanvas().style.cursor = "";
  };
  map.on("mousemove", move);
  map.on("touchmove", move);
  map.once("mouseup", end);
  map.once("touchend", end);
  map.getCanvas().style.cursor = "grabbing";
}

/** Add a point, or close the ring by its first one. */
function pen(map: MapLibre, at: LonLat, hit: Found | null) {
  const { history, act } = editor();
  const { drawing, shape } = history.present;
  if (drawing === null) return;
  const onFirst = hit?.handle === "vertex" && hit.place.ring === drawing && hit.place.index === 0;
  const last = (history.present.rings[drawing]?.length ?? 0) - 1;
  const onLast = hit?.handle === "vertex" && hit.place.ring === drawing && hit.place.index === last;
  const closes = shape === "Polygon" ? onFirst || onLast : shape === "LineString" && onLast;
  if (closes && canClose(history.present)) act({ kind: "close" });
  else if (!closes) act({ kind: "add", at });
  map.getCanvas().focus();
}

export function listenToHand(map: MapLibre, onPick: (fence: string) => void): void {
  const start = (event: MapLayerMouseEvent | MapLayerTouchEvent) => {
    const { editing, history } = editor();
    if (editing === null || history.present.drawing !== null) return;
    if ("points" in event && event.points.length > 1) return;
    const hit = found(map, event.point);
    if (hit === null) return;
    event.preventDefault(); // the map stays where it is
    dragging(map, hit, event.lngLat.toArray());
  };
  map.on("mousedown", start);
  map.on("touchstart", start);
  map.on("mousemove", (event) => {
    const { editing, history, point } = editor();
    if (editing === null || history.present.drawing === null) return;
    point(event.lngLat.toArray());
  });
  map.on("mouseout", () => editor().point(null));
  map.on("click", (event) => {
    const { editing, history, act } = editor();
    if (editing === null) {
      const [fence] = map.queryRenderedFeatures(event.point, { layers: ["fence-fill"] });
      if (fence !== undefined) onPick(String(fence.properties.id));
      return;
    }
    const hit = found(map, event.point);
    if (history.present.drawing !== null) pen(map, event.lngLat.toArray(), hit);
    else if (hit === null) act({ kind: "select", place: null });
  });
  map.on("dblclick", (event) => {
    if (editor().editing !== null) event.preventDefault();
  });
}

function nudge(map: MapLibre, dx: number, dy: number): void {
  const { history, act } = editor();
  const { selected, rings } = history.present;
  const at = selected === null ? undefined : rings[selected.ring]?.[selected.index];
  if (selected === null || at === undefined) return;
  const { x, y } = map.project(at);
  act({ kind: "move", place: selected, at: map.unproject([x + dx, y + dy]).toArray() });
}

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

function onMap(map: MapLibre, event: KeyboardEvent): boolean {
  const { history, act } = editor();
  const { present } = history;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined && present.selected !== null) {
    const far = event.shiftKey ? FAR_PX : NUDGE_PX;
    nudge(map, arrow[0] * far, arrow[1] * far);
    return true;
  }
  switch (event.key) {
    case " ":
      if (present.drawing !== null) act({ kind: "add", at: map.getCenter().toArray() });
      return true;
    case "Enter":
      act({ kind: "close" });
      return true;
    case "PageDown":
    case "PageUp":
      act({ kind: "step", by: event.key === "PageDown" ? 1 : -1 });
      return true;
    case "Delete":
    case "Backspace":
      removeOne();
      return true;
    default:
      return false;
  }
}

/** Remove the selected point; while drawing the last one. */
export function removeOne(): void {
  const { history, act } = editor();
  const { selected, drawing, rings } = history.present;
  if (selected !== null) act({ kind: "remove", place: selected });
  else if (drawing !== null && (rings[drawing]?.length ?? 0) > 0) {
    act({ kind: "remove", place: { ring: drawing, index: (rings[drawing]?.length ?? 1) - 1 } });
  }
}

/** Keys: those of a drawing on the map, undo and redo everywhere but in a field. */
export function listenToKeys(map: MapLibre, onEscape: () => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    const { editing, history, act, undo, redo } = editor();
    const target = event.target as HTMLElement;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (editing === null || typing || event.defaultPrevented) return;
    const command = event.ctrlKey || event.metaKey;
    let taken = true;
    if (command && event.key.toLowerCase() === "z") (event.shiftKey ? redo : undo)();
    else if (command && event.key.toLowerCase() === "y") redo();
    else if (event.key === "Escape") {
      const { drawing, selected, rings } = history.present;
      const busy = selected !== null || (drawing !== null && (rings[drawing]?.length ?? 0) > 0);
      if (busy || (drawing ?? 0) > 0) act({ kind: "cancel" });
      else onEscape();
    } else taken = target === map.getCanvas() && !command && onMap(map, event);
    if (taken) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  // Before the map's own keys, which would move it.
  window.addEventListener("keydown", onKey, true);
  return () => window.removeEventListener("keydown", onKey, true);
}
