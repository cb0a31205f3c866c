/** What is being drawn: one fence at a time, with its history. */
import { create } from "zustand";
import type { Fence, FenceSuggestion } from "../api/shapes";
import type { LonLat } from "../map/features";
import {
  type Action,
  advanced,
  begun,
  fresh,
  type History,
  redone,
  type Shape,
  sketchOf,
  undone,
} from "./sketch";

interface Editor {
  /** The fence in hand: one that exists, `new`, or none. */
  editing: Fence | "new" | null;
  history: History;
  /** Whether the drawing was touched since it was opened. */
  touched: boolean;
  suggestion: FenceSuggestion | null;
  /** Where the pointer is, for the line that follows it. */
  hover: LonLat | null;
  open: (fence: Fence) => void;
  begin: (shape: Shape) => void;
  /** The server's newer version takes the place of the one that was read; the drawing stays. */
  rebase: (fence: Fence) => void;
  act: (action: Action, onto?: boolean) => void;
  undo: () => void;
  redo: () => void;
  suggest: (suggestion: FenceSuggestion | null) => void;
  take: (suggestion: FenceSuggestion) => void;
  point: (at: LonLat | null) => void;
  close: () => void;
}

const CLOSED = {
  editing: null,
  history: begun(fresh("Polygon")),
  touched: false,
  suggestion: null,
  hover: null,
};

export const useEditor = create<Editor>((set) => ({
  ...CLOSED,
  open: (fence) =>
    set({
      ...CLOSED,
      editing: fence,
      history: begun(sketchOf(fence.geometry, fence.radius_m, fence.width_m)),
    }),
  begin: (shape) =>
    set((state) => ({
      ...CLOSED,
      editing: state.editing ?? "new",
      history: begun(fresh(shape)),
      touched: state.editing !== null,
    })),
  rebase: (fence) => set({ editing: fence }),
  act: (action, onto) =>
    set((state) => {
      const history = advanced(state.history, action, onto);
      if (history === state.history) return {};
      const same = history.present.rings === state.history.present.rings;
      const looked = action.kind === "select" || action.kind === "step";
      return { history, touched: state.touched || !(looked && same) };
    }),
  undo: () => set((state) => ({ history: undone(state.history) })),
  redo: () => set((state) => ({ history: redone(state.history) })),
  suggest: (suggestion) => set({ suggestion }),
  take: (suggestion) =>
    set((state) => {
      if (suggestion.geometry === null) return {};
      const present = sketchOf(suggestion.geometry, suggestion.radius_m, null);
      const past = [...state.history.past, state.history.present];
      return { history: { past, present, future: [] }, touched: true, suggestion: null };
    }),
  point: (hover) => set({ hover }),
  close: () => set(CLOSED),
}));
