import { expect, test } from "vitest";
import { delayMs } from "./backoff";

test("the wait doubles up to a ceiling", () => {
  expect([0, 1, 2, 30].map((failures) => delayMs(failures, () => 1))).toEqual([
    500, 1000, 2000, 20_000,
  ]);
});

test("jitter spreads clients over half the wait", () => {
  expect(delayMs(2, () => 0)).toBe(1000);
});
