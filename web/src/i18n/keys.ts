/**
 * Catalogues beside the common one, a namespace each: TypeScript gives up on typing i18next's keys
 * in a catalogue of more than some 700.
 */
import type { TFunction } from "i18next";

/** The keys of a catalogue; of a text with plurals, the one they share. */
export type Keys<T> = {
  [K in keyof T & string]: T[K] extends string
    ? K extends `${infer Stem}_${"one" | "many" | "other"}`
      ? Stem
      : K
    : `${K}.${Keys<T[K]>}`;
}[keyof T & string];

export type Values = Record<string, string | number>;

type Say = (key: string, options: Values) => string;

/** A text of a namespace in the language of `t`. */
export function wordsOf(t: TFunction, ns: string, key: string, values: Values): string {
  return (t as unknown as Say)(key, { ...values, ns });
}
