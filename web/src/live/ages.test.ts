import { expect, test } from "vitest";
import { ageWords, durationWords, zonedFields, zonedInstant } from "./ages";

test("an age is said in words, in steps one can read", () => {
  // French puts a no-break space before the unit.
  const say = (seconds: number) => ageWords(seconds * 1000, "fr", "à l’instant").replace(/\s/g, " ");

  expect(say(3)).toBe("à l’instant");
  expect(say(13)).toBe("il y a 10 s");
  expect(say(250)).toBe("il y a 4 min");
  expect(say(2 * 3600 + 5)).toBe("il y a 2 h");
});

test("durations read as people say them", () => {
  expect([1500, 3600, 5400].map(durationWords)).toEqual(["25 min", "1 h", "1 h 30"]);
});

test("a time of the tenant's zone is the right instant on both sides of a clock change", () => {
  expect(zonedInstant("2026-03-28", "10:30", "Europe/Paris")).toBe("2026-03-28T09:30:00.000Z");
  expect(zonedInstant("2026-03-29", "10:30", "Europe/Paris")).toBe("2026-03-29T08:30:00.000Z");
  expect(zonedInstant("2026-10-25", "08:00", "Europe/Paris")).toBe("2026-10-25T07:00:00.000Z");
});

test("fields made from an instant give it back", () => {
  const instant = Date.UTC(2026, 6, 14, 22, 45);
  const { date, time } = zonedFields(instant, "Africa/Casablanca");

  expect(Date.parse(zonedInstant(date, time, "Africa/Casablanca"))).toBe(instant);
});
