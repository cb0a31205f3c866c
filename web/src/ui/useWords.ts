/** Times, ages and codes in the person's language. */
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { ageWords, clockTime, durationWords } from "../live/ages";

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
    duration: durationWords,
  };
}
