/** Changes, figures and broken rules in words. */
import type { TFunction } from "i18next";
import type { PlanChange, PlanFigures, PlanViolation } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { durationWords } from "../live/ages";
import type { Lateness } from "../live/lateness";
import type { World } from "../live/world";
import { isRule } from "../tasks/reasons";

export function titleOf(t: TFunction, world: World, taskId: string | null): string {
  const task = taskId === null ? undefined : world.tasks.get(taskId);
  return task?.title ?? t("unknown");
}

export function crewName(t: TFunction, world: World, crewId: string | null | undefined): string {
  if (crewId === null || crewId === undefined) return t("board.nobody");
  return world.crews.get(crewId)?.name ?? t("unknown");
}

export function violationWords(t: TFunction, world: World, violation: PlanViolation): string {
  const rule = isRule(violation.rule)
    ? t(`board.rule.${violation.rule}`)
    : t("board.rule.other", { rule: violation.rule });
  const about =
    violation.task_id === null
      ? crewName(t, world, violation.crew_id)
      : titleOf(t, world, violation.task_id);
  return t("board.violation", { task: about, rule });
}

/** Late after the windows, else after the hour wished; null on time. */
export function lateWords(t: TFunction, { lateS, wishS }: Lateness): string | null {
  if (lateS > 0) return t("board.late", { late: durationWords(lateS) });
  return wishS > 0 ? boardWords(t, "wish", { late: durationWords(wishS) }) : null;
}

export function changeWords(
  t: TFunction,
  world: World,
  change: PlanChange,
  time: (iso: string) => string,
): string {
  const { before, after } = change;
  const place = (side: PlanChange["before"]) =>
    side === null
      ? t("board.nobody")
      : t("board.at", { crew: crewName(t, world, side.crew_id), time: time(side.start_at) });
  if (before !== null && after !== null && before.crew_id === after.crew_id) {
    return t("board.shifted", {
      crew: crewName(t, world, after.crew_id),
      before: time(before.start_at),
      after: time(after.start_at),
    });
  }
  return t("board.fromTo", { from: place(before), to: place(after) });
}

export function travelWords(t: TFunction, figures: PlanFigures): string {
  const minutes = Math.round(figures.travel_delta_s / 60);
  if (minutes > 0) return t("board.travelMore", { minutes });
  if (minutes < 0) return t("board.travelLess", { minutes: -minutes });
  return t("board.travelSame");
}
