/** What the dispatcher looks at: one thing selected, one side open. */
import { create } from "zustand";

export type Selected = { kind: "task" | "device" | "crew"; id: string } | null;
export type Side = "tasks" | "crews";
/** On a narrow screen one of these fills it. */
export type View = "list" | "map" | "events";

interface Selection {
  selected: Selected;
  side: Side;
  view: View;
  creating: boolean;
  events: boolean;
  select: (selected: Selected) => void;
  setSide: (side: Side) => void;
  setView: (view: View) => void;
  setCreating: (creating: boolean) => void;
}

export const useSelection = create<Selection>((set) => ({
  selected: null,
  side: "tasks",
  view: "map",
  creating: false,
  events: false,
  // The right side shows one thing: what was asked for last.
  select: (selected) => set({ selected, creating: false, events: false }),
  setSide: (side) => set({ side }),
  setView: (view) => set({ view, events: view === "events" }),
  setCreating: (creating) => set({ creating, selected: null, events: false }),
}));
