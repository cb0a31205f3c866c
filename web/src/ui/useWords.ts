/** Times, ages and codes in the person's language. */
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { ageWords, clockTime, dayTime, durationWords } from "../live/ages";

export function useWords() {
  const { t, i18n } = useTranslation();
  const { data: me } = useMe();
  const tz = me?.tenant.tz ?? "Europe/Paris";
  const lang = i18n.language;
  return {
    lang,
    tz,
    age: (ms: number) => ageWords(ms, lang, t("age.now")),
    time: (iso: string | number) => clockTime(iso, lang, tz),
    dayTime: (iso: string | number) => dayTime(iso, lang, tz),
    /** A calendar day ("2026-11-24") in full; noon, so that no zone makes it another. */
    day: (date: string) =>
      new Intl.DateTimeFormat(lang, { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${date}T12:00Z`)),
    duration: durationWords,
  };
}
