/** Time in words and on the clock, in the person's language and the tenant's time zone. */

/** "il y a 4 min"; `justNow` below five seconds. */
export function ageWords(ageMs: number, lang: string, justNow: string): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 5) return justNow;
  const words = new Intl.RelativeTimeFormat(lang, { style: "short", numeric: "always" });
  // Below a minute in steps of five: a figure that changes each second draws the eye for nothing.
  if (seconds < 60) return words.format(-Math.floor(seconds / 5) * 5, "second");
  if (seconds < 3600) return words.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return words.format(-Math.floor(seconds / 3600), "hour");
  return words.format(-Math.floor(seconds / 86_400), "day");
}

export function clockTime(iso: string | number | Date, lang: string, tz: string): string {
  return new Intl.DateTimeFormat(lang, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: tz,
  }).format(new Date(iso));
}

/** "25 nov. 02:10": for what may be days ago. */
export function dayTime(iso: string | number | Date, lang: string, tz: string): string {
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: tz });
  return `${day.format(new Date(iso))} ${clockTime(iso, lang, tz)}`;
}

/** "25 min", "1 h 30". */
export function durationWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${String(rest).padStart(2, "0")}`}`;
}

/** Offset of a zone from UTC at an instant, milliseconds. */
function offsetMs(instant: number, tz: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: tz,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((item) => item.type === type)?.value);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(instant / 1000) * 1000;
}

/** Read a date and a time of a zone ("2026-03-29", "10:30") as an instant, RFC 3339 UTC. */
export function zonedInstant(date: string, time: string, tz: string): string {
  const wall = Date.parse(`${date}T${time}:00Z`);
  // Twice, for the offset at the first guess may be that of the other side of a clock change.
  const guess = wall - offsetMs(wall, tz);
  return new Date(wall - offsetMs(guess, tz)).toISOString();
}

/** The date and the time an instant has in a zone, as form fields want them. */
export function zonedFields(instant: number, tz: string): { date: string; time: string } {
  const local = new Date(instant + offsetMs(instant, tz)).toISOString();
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}
