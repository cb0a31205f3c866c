/** How late a visit begins: after its task's windows, and after the hour its client would like. */
import type { Task } from "../api/shapes";

export interface Lateness {
  /** Seconds after the last window that had opened; a start between two windows is late, too. */
  lateS: number;
  /** Seconds after the soft window's end. */
  wishS: number;
}

type Hours = Pick<Task, "window_end" | "windows" | "soft_end">;

export const ON_TIME: Lateness = { lateS: 0, wishS: 0 };

/** The end that holds for a start; null before the first window. */
function endFor(task: Hours, startMs: number): number | null {
  if (task.windows.length === 0) return Date.parse(task.window_end);
  const open = task.windows.filter((window) => Date.parse(window.start) <= startMs);
  return open.length === 0 ? null : Math.max(...open.map((window) => Date.parse(window.end)));
}

export function latenessOf(task: Hours, startMs: number): Lateness {
  const after = (end: number | null) => (end === null ? 0 : Math.max(0, (startMs - end) / 1000));
  return {
    lateS: after(endFor(task, startMs)),
    wishS: after(task.soft_end === null ? null : Date.parse(task.soft_end)),
  };
}
