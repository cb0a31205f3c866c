/** Why a crew cannot, or nobody does: codes with parameters to sentences, alike ones counted. */
import type { TFunction } from "i18next";
import type { Reason } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import fr from "../i18n/fr.json";
import { durationWords } from "../live/ages";
import { grouped } from "../ui/grouped";

const KNOWN = [
  "SKILL", "CREDENTIAL", "EQUIPMENT", "CREW_SIZE", "PERMIT", "WINDOW", "SHIFT", "REST", "BREAK",
  "DISTANCE", "CAPACITY", "ORDER", "TOGETHER", "SAME_CREW", "LOCKED", "PRIORITY", "DECLINED",
  "NO_CREW", "NO_PLACE", "OFFLINE",
] as const; // prettier-ignore
type Known = (typeof KNOWN)[number];

function known(code: string): Known | undefined {
  return KNOWN.find((item) => item === code.toUpperCase());
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : word(value);
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function duration(value: unknown): string | null {
  return typeof value === "number" && value > 0 ? durationWords(value) : null;
}

/** The day of an instant, as French and English alike read it. */
function day(instant: string): string {
  return instant.slice(0, 10).split("-").reverse().join("/");
}

function title(params: NonNullable<Reason["params"]>): string {
  return [word(params.type), word(params.symbol)].filter((part) => part !== "").join(" ");
}

/** One reason in words; a code this version does not know is shown as it is. */
export function reasonWords(t: TFunction, reason: Reason): string {
  const code = known(reason.code);
  const params = reason.params ?? {};
  const late = duration(params.late_s);
  const over = duration(params.over_s);
  switch (code) {
    case undefined:
      return t("reason.other", { code: reason.code });
    case "SKILL":
      return t("reason.SKILL", { skills: list(params.missing ?? params.skills) });
    case "CREDENTIAL":
      return typeof params.expired_at === "string"
        ? t("reason.CREDENTIAL_expired", { title: title(params), date: day(params.expired_at) })
        : t("reason.CREDENTIAL", { title: title(params) });
    case "EQUIPMENT":
      return t("reason.EQUIPMENT", { items: list(params.missing) });
    case "CREW_SIZE":
      return t("reason.CREW_SIZE", { present: word(params.present), needed: word(params.needed) });
    case "PERMIT":
      return t("reason.PERMIT", { kind: word(params.kind) });
    case "WINDOW":
    case "DISTANCE":
      return late === null ? t(`reason.${code}`) : t(`reason.${code}_by`, { late });
    case "SHIFT":
      return over === null ? t("reason.SHIFT") : t("reason.SHIFT_by", { over });
    case "OFFLINE":
      return boardWords(t, "offlineReason");
    default:
      return t(`reason.${code}`);
  }
}

type Rule = Exclude<keyof (typeof fr)["board"]["rule"], "other">;

export function isRule(rule: string): rule is Rule {
  return rule !== "other" && Object.hasOwn(fr.board.rule, rule);
}

/** A reason's code alone, of which no figures were kept: as the rule it stands for. */
export function codeWords(t: TFunction, code: string): string {
  const rule = code.toLowerCase();
  const words = isRule(rule) ? t(`board.rule.${rule}`) : reasonWords(t, { code, params: {} });
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** What would have to give for the task to fit, as a list in words; null where nothing would. */
export function relaxationWords(t: TFunction, changes: readonly Reason[]): string | null {
  if (changes.length === 0) return null;
  const words = changes.map((change) => {
    const params = change.params ?? {};
    const displaced = Array.isArray(params.displaced) ? params.displaced.length : 0;
    switch (known(change.code)) {
      case "SKILL":
        return t("relax.SKILL", { skills: list(params.missing) });
      case "CREDENTIAL":
        return t("relax.CREDENTIAL", { title: title(params) });
      case "EQUIPMENT":
        return t("relax.EQUIPMENT", { items: list(params.missing) });
      case "CREW_SIZE":
        return t("relax.CREW_SIZE", { more: word(params.more) });
      case "PERMIT":
        return t("relax.PERMIT", { kind: word(params.kind) });
      case "WINDOW":
        return t("relax.WINDOW", { by: duration(params.later_s) ?? "" });
      case "SHIFT":
        return t("relax.SHIFT", { by: duration(params.longer_s) ?? "" });
      case "CAPACITY":
        return t("relax.CAPACITY", { more: word(params.more) });
      case "PRIORITY":
        return t("relax.PRIORITY", { count: displaced });
      case "REST":
        return t("relax.REST");
      case "BREAK":
        return t("relax.BREAK");
      case "DECLINED":
        return t("relax.DECLINED");
      case "LOCKED":
        return t("relax.LOCKED");
      default:
        return t("relax.other", { code: change.code });
    }
  });
  return t("relax.title", { changes: words.join(", ") });
}

/** Many crews' reasons in a line: each code once, with how many crews it stops. */
export function reasonSummary(t: TFunction, reasons: readonly Reason[]): string[] {
  return [...grouped(reasons, (reason) => reason.code)].map(([, alike]) => {
    const first = alike[0];
    if (first === undefined) return "";
    const words = reasonWords(t, alike.length === 1 ? first : plain(first));
    return alike.length === 1 ? words : `${words} · ${t("reason.crews", { count: alike.length })}`;
  });
}

/** Without the figures that differ from crew to crew. */
function plain(reason: Reason): Reason {
  const params = { ...reason.params, late_s: null, over_s: null, expired_at: null };
  return { ...reason, params };
}
