/**
 * The words of the presence page, a namespace beside the common one: TypeScript gives up on typing
 * i18next's keys in a catalogue of more than some 700.
 */
import { useTranslation } from "react-i18next";
import type fr from "./fr.json";

type Keys<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Keys<T[K]>}`;
}[keyof T & string];

export type PresenceKey = Keys<typeof fr>;

type Say = (key: string, options: Record<string, string | number>) => string;

export function usePresenceWords(): (key: PresenceKey, values?: Record<string, string | number>) => string {
  const { i18n } = useTranslation();
  const say = i18n.t as unknown as Say;
  return (key, values = {}) => say(key, { ns: "presence", ...values });
}
