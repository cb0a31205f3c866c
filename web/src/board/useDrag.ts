/**
 * Carrying a task across the board, by pointer or by keys.
 *
 * Pointer events rather than HTML drag and drop: they work with a finger too. A lane is an element
 * with `data-lane`, its left edge the start of the axis; the tray has `data-tray`.
 */
import { useEffect, useState } from "react";

/** Where the carried task would land: a crew and an instant, or the tray. */
export type Over = { crewId: string; x: number } | "tray" | null;

export interface Carried {
  taskId: string;
  by: "pointer" | "keys";
  x: number;
  y: number;
  over: Over;
}

const THRESHOLD_PX = 5;

function under(x: number, y: number): Over {
  const element = document.elementFromPoint(x, y);
  if (element === null) return null;
  if (element.closest("[data-tray]") !== null) return "tray";
  const lane = element.closest<HTMLElement>("[data-lane]");
  const crewId = lane?.dataset.lane;
  if (lane === null || crewId === undefined) return null;
  return { crewId, x: x - lane.getBoundingClientRect().left };
}

interface Pressed {
  taskId: string;
  x: number;
  y: number;
}

export function useDrag(onDrop: (taskId: string, over: Over) => void) {
  const [pressed, setPressed] = useState<Pressed | null>(null);
  const [carried, setCarried] = useState<Carried | null>(null);

  useEffect(() => {
    if (pressed === null) return;
    const { taskId } = pressed;
    let moving = false;
    const onMove = (event: PointerEvent) => {
      const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
      moving ||= far > THRESHOLD_PX;
      if (!moving) return;
      event.preventDefault();
      const over = under(event.clientX, event.clientY);
      setCarried({ taskId, by: "pointer", x: event.clientX, y: event.clientY, over });
    };
    const end = () => {
      setPressed(null);
      setCarried(null);
    };
    const onUp = (event: PointerEvent) => {
      if (moving) onDrop(taskId, under(event.clientX, event.clientY));
      end();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      end();
    };
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", end);
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("pointermove", onMove);
      window.removeEventListener("pointerup", onUp);
      window.removeEventListener("pointercancel", end);
      window.removeEventListener("keydown", onKey);
    };
  }, [pressed, onDrop]);

  return {
    carried,
    press: (taskId: string, event: React.PointerEvent) => {
      if (event.button === 0) setPressed({ taskId, x: event.clientX, y: event.clientY });
    },
  };
}
