/** The colours that carry meaning, once; chosen to stay apart for colour-blind eyes with shapes. */
import type { Tone } from "../live/status";

export const INK = "#10263a";

export const TONES: Record<Tone, string> = {
  onway: "#1d6fd1",
  onsite: "#1f8a55",
  free: "#4d9b7a",
  off: "#8593a0",
  late: "#e0790b",
  alert: "#cf2f2f",
};

// No red, orange, pure blue or pure green: those say a status.
const CREWS = [
  "#6d4bb0",
  "#0e7f8c",
  "#b03f7c",
  "#7a6a14",
  "#3f5a9e",
  "#8a4a24",
  "#3d7a31",
  "#8f3fa8",
  "#5b6470",
  "#a8566f",
];

/** A crew's colour: by its place among the crews, in order of name. */
export function crewColours(crews: Iterable<{ id: string; name: string }>): Map<string, string> {
  const sorted = [...crews].sort((a, b) => a.name.localeCompare(b.name));
  return new Map(sorted.map((crew, i) => [crew.id, CREWS[i % CREWS.length] ?? INK]));
}

/** Of a fence's name: its colour, dark enough to read on the paper. */
export const FENCE_NAMES: Record<string, string> = {
  site: "#0a625c",
  depot: "#46547a",
  forbidden: "#a81f1f",
  danger: "#855300",
};

export const FENCES: Record<string, string> = {
  site: "#0f8f86",
  depot: "#5f6f96",
  forbidden: "#cf2f2f",
  danger: "#d98a00",
};
