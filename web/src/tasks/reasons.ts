/** Why a crew cannot, or nobody does: codes with parameters to sentences, alike ones counted. */
import type { TFunction } from "i18next";
import type { Reason } from "../api/shapes";
import { durationWords } from "../live/ages";
import { grouped } from "../ui/grouped";

const KNOWN = [
  "SKILL", "WINDOW", "SHIFT", "DISTANCE", "LOCKED", "PRIORITY", "DECLINED", "NO_CREW",
  "NO_PLACE",
] as const; // prettier-ignore
type Known = (typeof KNOWN)[number];

function known(code: string): Known | undefined {
  return KNOWN.find((item) => item === code.toUpperCase());
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : "";
}

/** One reason in words; a code this version does not know is shown as it is. */
export function reasonWords(t: TFunction, reason: Reason): string {
  const code = known(reason.code);
  const params = reason.params ?? {};
  const seconds = (value: unknown) =>
    typeof value === "number" && value > 0 ? durationWords(value) : null;
  const late = seconds(params.late_s);
  const over = seconds(params.over_s);
  switch (code) {
    case undefined:
      return t("reason.other", { code: reason.code });
    case "SKILL":
      return t("reason.SKILL", { skills: list(params.missing ?? params.skills) });
    case "WINDOW":
    case "DISTANCE":
      return late === null ? t(`reason.${code}`) : t(`reason.${code}_by`, { late });
    case "SHIFT":
      return over === null ? t("reason.SHIFT") : t("reason.SHIFT_by", { over });
    default:
      return t(`reason.${code}`);
  }
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
  const params = { ...reason.params, late_s: null, over_s: null };
  return { ...reason, params };
}
