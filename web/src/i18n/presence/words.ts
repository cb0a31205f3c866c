/** The words of the presence page. */
import { useTranslation } from "react-i18next";
import { type Keys, type Values, wordsOf } from "../keys";
import type fr from "./fr.json";

export type PresenceKey = Keys<typeof fr>;

export function usePresenceWords(): (key: PresenceKey, values?: Values) => string {
  const { t } = useTranslation();
  return (key, values = {}) => wordsOf(t, "presence", key, values);
}
