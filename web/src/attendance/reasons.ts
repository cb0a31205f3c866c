/** What is odd about a declaration or a day: codes with parameters to sentences. */
import type { TFunction } from "i18next";
import type { Oddity } from "../api/shapes";
import fr from "../i18n/fr.json";
import { durationWords } from "../live/ages";

type Known = Exclude<keyof (typeof fr)["attendance"]["reason"], "other">;

function isKnown(code: string): code is Known {
  return code !== "other" && Object.hasOwn(fr.attendance.reason, code);
}

/** One oddity in words; a code this version does not know is shown as it is. */
export function oddityWords(
  t: TFunction,
  oddity: Oddity,
  timeOf: (iso: string) => string,
): string {
  if (!isKnown(oddity.code)) return t("attendance.reason.other", { code: oddity.code });
  const params = oddity.params ?? {};
  const number = (name: string) => (typeof params[name] === "number" ? params[name] : 0);
  const span = (name: string) => durationWords(Math.abs(number(name)));
  return t(`attendance.reason.${oddity.code}`, {
    distance: number("distance_m"),
    accuracy: number("accuracy_m"),
    skew: span("skew_s"),
    rest: span("rest_s"),
    least: span("least_s"),
    most: span("most_s"),
    break: span("break_s"),
    since: typeof params.since === "string" ? timeOf(params.since) : "",
  });
}
