/** Putting a task somewhere on the board, and pinning it; what changes nothing is no move. */
import { useCallback } from "react";
import { useLive } from "../live/live";
import { assignmentOf } from "../live/status";
import type { Arrangement } from "./arrangement";
import { type Place, placeOf, samePlace } from "./keys";
import { usePending } from "./pending";
import { usePin } from "./requests";

/** `asking`: whether the arrangement lacks the last moves yet. */
export function usePlacing(arrangement: Arrangement, asking: boolean) {
  const { mutate } = usePin();

  const put = useCallback(
    (taskId: string, { crewId, position }: Place) => {
      const { moves, add, load } = usePending.getState();
      const moved = moves.some((move) => move.task_id === taskId);
      const nobodys = assignmentOf(useLive.getState().world, taskId) === undefined;
      if (crewId === null && nobodys) {
        if (moved) load(moves.filter((move) => move.task_id !== taskId));
        return;
      }
      const stale = moved && asking;
      if (!stale && samePlace({ crewId, position }, placeOf(arrangement, taskId))) return;
      add({ task_id: taskId, crew_id: crewId, position: crewId === null ? null : position, pinned: true });
    },
    [arrangement, asking],
  );

  /** A move that is not published yet is pinned or not when it is; what stands is so at once. */
  const pin = useCallback(
    (taskId: string) => {
      const { moves, load } = usePending.getState();
      const move = moves.find((each) => each.task_id === taskId);
      const visit = assignmentOf(useLive.getState().world, taskId);
      if (move !== undefined) {
        if (move.crew_id === null) return;
        load(moves.map((each) => (each === move ? { ...move, pinned: !move.pinned } : each)));
      } else if (visit !== undefined && ["planned", "offered", "accepted"].includes(visit.state)) {
        mutate({ taskId, pinned: !visit.pinned });
      }
    },
    [mutate],
  );

  return { put, pin };
}
