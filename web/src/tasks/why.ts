/** Why somebody has a task, or nobody: what was kept with the decision, in words. Older rows say
 * less, so nothing is taken for granted. */
import type { TFunction } from "i18next";
import type { Reason } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { codeWords, reasonSummary, reasonWords, relaxationWords } from "./reasons";
import { sourceWords } from "./startSource";

type Why = Readonly<Record<string, unknown>>;
export type NameOf = (crewId: string) => string;

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

function objects(value: unknown): Why[] {
  return Array.isArray(value)
    ? value.filter((each): each is Why => typeof each === "object" && each !== null)
    : [];
}

/** The reasons in a list that came as plain data. */
export function reasonsIn(value: unknown): Reason[] {
  return objects(value).filter((each) => typeof each.code === "string") as unknown as Reason[];
}

/** A reason with the crew it is about. */
export function crewReason(t: TFunction, reason: Reason, nameOf: NameOf): string {
  const words = reasonWords(t, reason);
  return typeof reason.crew_id === "string"
    ? boardWords(t, "crewReason", { crew: nameOf(reason.crew_id), reason: words })
    : words;
}

function decided(t: TFunction, why: Why): string[] {
  const lines = [];
  if (why.kind === "revert") lines.push(boardWords(t, "why.revert"));
  else if (why.kind === "proposal") lines.push(boardWords(t, "why.proposal"));
  else if (why.by_hand === true) lines.push(boardWords(t, "why.byHand"));
  if (why.forced === true) lines.push(boardWords(t, "why.forced"));
  return lines;
}

function ranked(t: TFunction, why: Why): string[] {
  const rank = number(why.rank);
  const able = number(why.able);
  const lines = [];
  if (able === 1) lines.push(boardWords(t, "why.only"));
  else if (rank === 1 && able !== null) lines.push(boardWords(t, "why.best", { able }));
  else if (rank !== null && able !== null) lines.push(boardWords(t, "why.rank", { rank, able }));
  const added = number(why.added_travel_s);
  if (added !== null) lines.push(boardWords(t, "why.added", { minutes: Math.round(added / 60) }));
  if (typeof why.start_source === "string") {
    const source = sourceWords(t, why.start_source);
    if (source !== null) lines.push(source);
  }
  return lines;
}

function others(t: TFunction, why: Why, nameOf: NameOf): string[] {
  const crews = objects(why.alternatives).flatMap((other) => {
    if (typeof other.crew_id !== "string") return [];
    const minutes = Math.round((number(other.added_travel_s) ?? 0) / 60);
    return [boardWords(t, "why.other", { crew: nameOf(other.crew_id), minutes })];
  });
  const refused = Object.entries((why.refused ?? {}) as Record<string, unknown>).map(
    ([code, count]) => `${codeWords(t, code)} (${number(count) ?? 1})`,
  );
  return [
    ...(crews.length > 0 ? [boardWords(t, "why.others", { crews: crews.join(", ") })] : []),
    ...(refused.length > 0 ? [boardWords(t, "why.refused", { reasons: refused.join(", ") })] : []),
  ];
}

function obstacles(t: TFunction, why: Why, nameOf: NameOf): string[] {
  const reasons = reasonsIn(why.reasons);
  const crews = new Set(reasons.map((reason) => reason.crew_id));
  const lines =
    crews.size > 1
      ? reasonSummary(t, reasons)
      : reasons.map((reason) => crewReason(t, reason, nameOf));
  const [relaxation] = objects([why.relaxation]);
  const relaxed = relaxation === undefined ? null : relaxationWords(t, reasonsIn(relaxation.changes));
  return relaxed === null ? lines : [...lines, relaxed];
}

/** What was kept with a decision, line by line. */
export function whyLines(t: TFunction, why: Why, nameOf: NameOf): string[] {
  return [
    ...decided(t, why),
    ...ranked(t, why),
    ...obstacles(t, why, nameOf),
    ...others(t, why, nameOf),
  ];
}

const KEPT = [
  "OVER", "LOCKED", "WAS_UNASSIGNED", "SHIFT", "DECLINED", "NOT_FEASIBLE", "OUT_OF_REACH",
] as const; // prettier-ignore

/** Why going back to a version leaves a task as it is. */
export function keptWords(
  t: TFunction,
  kept: { code: string; params?: Why },
  nameOf: NameOf,
): string {
  const code = KEPT.find((item) => item === kept.code);
  const crewId = kept.params?.crew_id;
  const crew = typeof crewId === "string" ? nameOf(crewId) : "";
  const words =
    code === undefined
      ? boardWords(t, "kept.other", { code: kept.code })
      : boardWords(t, `kept.${code}`, { crew });
  const reasons = reasonsIn(kept.params?.reasons).map((reason) => crewReason(t, reason, nameOf));
  return [words, ...reasons].join(" · ");
}
