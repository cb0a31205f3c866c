/** When an event happened, as far as its body says. */
import type { LiveEvent } from "../api/shapes";

const FIELDS = ["updated_at", "published_at", "at"];

export function eventTime(event: LiveEvent): string | null {
  for (const field of FIELDS) {
    const value = event.body[field];
    if (typeof value === "string") return value;
  }
  return null;
}
