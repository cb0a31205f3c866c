/**
 * The focus stays with its task: a task that changes lane is another element, and the one that had
 * the focus is gone with it.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

interface Last {
  taskId: string;
  /** By keys: then the page scrolls along. */
  visible: boolean;
}

function taskAt(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-task]") : null;
}

export function useFocusFollows(board: RefObject<HTMLElement | null>): void {
  const last = useRef<Last | null>(null);

  useEffect(() => {
    const note = (event: Event) => {
      const element = taskAt(event.target);
      const taskId = element?.dataset.task;
      last.current =
        taskId === undefined || element === null
          ? null
          : { taskId, visible: element.matches(":focus-visible") };
    };
    document.addEventListener("focusin", note);
    document.addEventListener("pointerdown", note);
    return () => {
      document.removeEventListener("focusin", note);
      document.removeEventListener("pointerdown", note);
    };
  }, []);

  useLayoutEffect(() => {
    if (last.current === null || document.activeElement !== document.body) return;
    const { taskId, visible } = last.current;
    board.current
      ?.querySelector<HTMLElement>(`[data-task="${CSS.escape(taskId)}"]`)
      ?.focus({ preventScroll: !visible });
  });
}
