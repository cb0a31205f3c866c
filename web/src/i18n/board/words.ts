/** What the board and the crews say beyond the common catalogue. */
import type { TFunction } from "i18next";
import { type Keys, type Values, wordsOf } from "../keys";
import type fr from "./fr.json";

export type BoardKey = Keys<typeof fr>;

export function boardWords(t: TFunction, key: BoardKey, values: Values = {}): string {
  return wordsOf(t, "board", key, values);
}
