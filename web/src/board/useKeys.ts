/** The keys of `keys.ts` on the board's tasks, and the task that is carried by them. */
import { useState } from "react";
import type { Arrangement } from "./arrangement";
import { type Held, isCarriable, type Place, stepOf } from "./keys";

interface Does {
  put: (taskId: string, place: Place) => void;
  pin: (taskId: string) => void;
}

export function useKeys(crewIds: readonly string[], arrangement: Arrangement, does: Does) {
  const [taken, setHeld] = useState<Held | null>(null);
  // A crew may have accepted it meanwhile.
  const held = taken !== null && isCarriable(arrangement, taken.taskId) ? taken : null;

  const onKey = (taskId: string, event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = stepOf(event.key, taskId, held, crewIds, arrangement);
    if (step === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (step.kind === "pin") does.pin(taskId);
    else setHeld(step.kind === "hold" ? step.held : null);
    if (step.kind === "put") does.put(taskId, step.place);
  };

  return { held, onKey };
}
