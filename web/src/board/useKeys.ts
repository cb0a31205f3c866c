/** Carrying a task by keys: Space picks it up, arrows move it, Enter drops it, Escape gives up. */
import { useState } from "react";
import { type Arrangement, openVisits } from "./arrangement";

export interface Held {
  taskId: string;
  /** null: over the tray. */
  crewId: string | null;
  position: number;
}

type Put = (taskId: string, crewId: string | null, position: number | null) => void;

function crewOf(arrangement: Arrangement, taskId: string): string | null {
  for (const [crewId, bars] of arrangement.lanes) {
    if (bars.some((bar) => bar.taskId === taskId)) return crewId;
  }
  return null;
}

export function useKeys(crewIds: readonly string[], arrangement: Arrangement, put: Put) {
  const [held, setHeld] = useState<Held | null>(null);

  const placesOf = (crewId: string | null, taskId: string) =>
    crewId === null ? 0 : openVisits(arrangement.lanes.get(crewId) ?? [], taskId).length;

  const grab = (taskId: string) => {
    const crewId = crewOf(arrangement, taskId);
    const bars = crewId === null ? [] : (arrangement.lanes.get(crewId) ?? []);
    const open = bars.filter((bar) => bar.state !== "done");
    setHeld({ taskId, crewId, position: Math.max(0, open.findIndex((b) => b.taskId === taskId)) });
  };

  /** Over the rows: the tray is above the first crew. */
  const shift = (from: Held, rows: number) => {
    const at = from.crewId === null ? -1 : crewIds.indexOf(from.crewId);
    const to = Math.max(-1, Math.min(crewIds.length - 1, at + rows));
    const crewId = to < 0 ? null : (crewIds[to] ?? null);
    setHeld({ ...from, crewId, position: Math.min(from.position, placesOf(crewId, from.taskId)) });
  };

  const slide = (from: Held, places: number) => {
    const most = placesOf(from.crewId, from.taskId);
    setHeld({ ...from, position: Math.max(0, Math.min(most, from.position + places)) });
  };

  const drop = (from: Held) => {
    setHeld(null);
    put(from.taskId, from.crewId, from.crewId === null ? null : from.position);
  };

  const onKey = (taskId: string, event: React.KeyboardEvent) => {
    const carried = held?.taskId === taskId ? held : null;
    const steps: Partial<Record<string, () => void>> =
      carried === null
        ? { " ": () => grab(taskId), Delete: () => put(taskId, null, null) }
        : {
            " ": () => drop(carried),
            Enter: () => drop(carried),
            Escape: () => setHeld(null),
            Delete: () => drop({ ...carried, crewId: null }),
            ArrowUp: () => shift(carried, -1),
            ArrowDown: () => shift(carried, 1),
            ArrowLeft: () => slide(carried, -1),
            ArrowRight: () => slide(carried, 1),
          };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    step();
  };

  return { held, onKey };
}
