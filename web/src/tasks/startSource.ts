/** From what a crew's starting point is known. */
import type { TFunction } from "i18next";

const SOURCES = ["vehicle_fix", "lead_fix", "depot", "current_task"] as const;

export function sourceWords(t: TFunction, source: string): string | null {
  const known = SOURCES.find((item) => item === source);
  return known === undefined ? null : t(`source.${known}`);
}
