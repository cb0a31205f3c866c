/** The moves that are not published yet, and the way back through them. */
import { create } from "zustand";
import type { PlanMove } from "../api/shapes";
import { withMove } from "./arrangement";

interface Pending {
  moves: readonly PlanMove[];
  past: readonly (readonly PlanMove[])[];
  future: readonly (readonly PlanMove[])[];
  add: (move: PlanMove) => void;
  load: (moves: readonly PlanMove[]) => void;
  undo: () => void;
  redo: () => void;
  clear: () => void;
}

const NONE = { moves: [], past: [], future: [] };

export const usePending = create<Pending>((set) => ({
  ...NONE,
  add: (move) =>
    set(({ moves, past }) => ({ moves: withMove(moves, move), past: [...past, moves], future: [] })),
  load: (loaded) =>
    set(({ moves, past }) => ({ moves: loaded, past: [...past, moves], future: [] })),
  undo: () =>
    set(({ moves, past, future }) => {
      const before = past.at(-1);
      return before === undefined
        ? {}
        : { moves: before, past: past.slice(0, -1), future: [moves, ...future] };
    }),
  redo: () =>
    set(({ moves, past, future }) => {
      const [after, ...rest] = future;
      return after === undefined ? {} : { moves: after, past: [...past, moves], future: rest };
    }),
  clear: () => set(NONE),
}));
