/** How long to wait before connecting again: doubling, capped, with full jitter (0.5 to 1 times). */
const FIRST_MS = 500;
const LONGEST_MS = 20_000;

export function delayMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}
