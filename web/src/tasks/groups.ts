/** The list beside the map: found tasks, unassigned first, then by state. */
import type { Reason, Task } from "../api/shapes";
import { assignmentOf, isUnassigned } from "../live/status";
import type { World } from "../live/world";

export const GROUPS = [
  "unassigned", "in_progress", "dispatched", "accepted", "scheduled", "done",
] as const; // prettier-ignore
export type Group = (typeof GROUPS)[number];

export function groupOf(world: World, task: Task): Group | null {
  if (task.state === "cancelled") return null;
  if (isUnassigned(world, task)) return "unassigned";
  return task.state === "ready" ? "scheduled" : task.state;
}

/** Lower case without accents: "Chênes" is found by "chene". */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function matches(world: World, task: Task, words: string[]): boolean {
  const visit = assignmentOf(world, task.id);
  const text = folded(
    [
      task.title,
      world.sites.get(task.site_id)?.name,
      visit === undefined ? "" : world.crews.get(visit.crew_id)?.name,
      ...task.skills,
    ].join(" "),
  );
  return words.every((word) => text.includes(word));
}

/** Tasks by group in the order of GROUPS; within one by urgency, then by window. */
export function groupTasks(world: World, search: string, only: Group | null): [Group, Task[]][] {
  const words = folded(search).split(/\s+/).filter(Boolean);
  const groups = new Map<Group, Task[]>(GROUPS.map((group) => [group, []]));
  for (const task of world.tasks.values()) {
    const group = groupOf(world, task);
    if (group !== null && (only === null || only === group) && matches(world, task, words)) {
      groups.get(group)?.push(task);
    }
  }
  for (const tasks of groups.values()) {
    tasks.sort(
      (a, b) => a.priority - b.priority || a.window_start.localeCompare(b.window_start),
    );
  }
  return [...groups].filter(([, tasks]) => tasks.length > 0);
}

/** Whether the reasons are still to come: a plan is told first, why it leaves work out after. */
export function awaitsReasons(world: World, task: Task): boolean {
  return isUnassigned(world, task) && whyUnassigned(world, task).length === 0;
}

/** Why nobody does it: the plan's word, else the task's own. */
export function whyUnassigned(world: World, task: Task): readonly Reason[] {
  return (
    world.plan.unassigned.find((item) => item.task_id === task.id)?.reasons ?? task.unassigned ?? []
  );
}
