/** An event as a sentence with the names people know. */
import type { TFunction } from "i18next";
import type { Assignment, LiveEvent, Task } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import type { World } from "./world";

export type Mood = "plain" | "good" | "warn";

export interface Said {
  text: string;
  mood: Mood;
  /** What a click shows. */
  taskId: string | null;
}

const ALERTS = {
  "alert.opened": "event.alertOpened",
  "alert.closed": "event.alertClosed",
  "alert.acknowledged": "event.alertAcknowledged",
} as const;

const name = (known: { name: string } | undefined) => known?.name ?? "?";

function aboutAssignment(t: TFunction, world: World, body: Assignment): Said {
  const words = {
    crew: name(world.crews.get(body.crew_id)),
    task: world.tasks.get(body.task_id)?.title ?? "?",
  };
  const mood: Mood =
    body.state === "declined" ? "warn" : body.state === "accepted" || body.state === "done" ? "good" : "plain";
  return { text: t(`event.assignment.${body.state}`, words), mood, taskId: body.task_id };
}

/** Only what is sure is news: a provisional crossing may be taken back. */
function aboutPresence(t: TFunction, world: World, event: LiveEvent): Said | null {
  const body = event.body as { device: string; fence: string; status?: string };
  if (body.status === "provisional") return null;
  const fence = world.fences.get(body.fence);
  const device = world.devices.get(body.device);
  const forbidden = fence?.kind === "forbidden" || fence?.kind === "danger";
  const words = { device: device?.label ?? t("event.someone"), fence: name(fence) };
  return {
    text: t(event.kind === "presence.left" ? "event.left" : "event.entered", words),
    mood: forbidden && event.kind === "presence.entered" ? "warn" : "plain",
    taskId: null,
  };
}

/** Return the sentence; null for what nobody reads as news. */
export function eventWords(t: TFunction, world: World, event: LiveEvent): Said | null {
  const body: unknown = event.body;
  switch (event.kind) {
    case "task.created": {
      const task = body as Task;
      const site = name(world.sites.get(task.site_id));
      return { text: t("event.taskCreated", { task: task.title, site }), mood: "plain", taskId: task.id };
    }
    case "task.state_changed": {
      const task = body as Task;
      if (task.state !== "cancelled") return null; // the assignment's event says it better
      return { text: t("event.taskCancelled", { task: task.title }), mood: "warn", taskId: task.id };
    }
    case "assignment.changed": {
      const assignment = body as Assignment;
      return assignment.state === "planned" ? null : aboutAssignment(t, world, assignment);
    }
    case "plan.published": {
      const plan = body as { version: number; moved: number; unassigned: number };
      if (plan.moved === 0 && plan.unassigned === 0) return null;
      return {
        text: t("event.plan", { version: plan.version, moved: plan.moved, unassigned: plan.unassigned }),
        mood: plan.unassigned > 0 ? "warn" : "plain",
        taskId: null,
      };
    }
    case "crew.shift_started":
    case "crew.shift_ended": {
      const crew = name(body as { name: string });
      const key = event.kind === "crew.shift_started" ? "event.shiftStarted" : "event.shiftEnded";
      return { text: t(key, { crew }), mood: "plain", taskId: null };
    }
    case "crew.silent":
    case "crew.heard": {
      const crew = name(world.crews.get((body as { crew: string }).crew));
      const silent = event.kind === "crew.silent";
      const text = boardWords(t, silent ? "silent" : "heard", { crew });
      return { text, mood: silent ? "warn" : "good", taskId: null };
    }
    case "alert.opened":
    case "alert.closed":
    case "alert.acknowledged": {
      const vehicle = (body as { vehicle_label: string }).vehicle_label;
      const key = ALERTS[event.kind];
      return { text: t(key, { vehicle }), mood: event.kind === "alert.opened" ? "warn" : "plain", taskId: null };
    }
    case "presence.entered":
    case "presence.left":
      return aboutPresence(t, world, event);
    default:
      return null;
  }
}
