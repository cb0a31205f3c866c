/** What an entry of the ledger says about itself, read with care: older ones say less. */
import type { PresenceEntry } from "../api/shapes";

export interface Point {
  atMs: number;
  edgeM: number;
  accuracyM: number | null;
  /** Probabilities. */
  inside: number;
  trust: number;
}

export interface Why {
  rule: string;
  belief: number | null;
  edgeM: number | null;
  accuracyM: number | null;
  confidence: number | null;
  bufferM: number | null;
  curve: Point[];
}

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

function pointOf(value: unknown): Point[] {
  if (!Array.isArray(value)) return [];
  const [at, edge, accuracy, inside, trust] = value as unknown[];
  if (typeof at !== "number" || typeof edge !== "number") return [];
  return [
    { atMs: at * 1000, edgeM: edge, accuracyM: number(accuracy), inside: number(inside) ?? 0, trust: number(trust) ?? 1 },
  ];
}

export function whyOf(entry: PresenceEntry): Why {
  const why: Record<string, unknown> = entry.why ?? {};
  return {
    rule: typeof why.rule === "string" ? why.rule : "",
    belief: number(why.belief),
    edgeM: number(why.edge_m),
    accuracyM: number(why.accuracy_m),
    confidence: number(why.confidence),
    bufferM: number(why.buffer_m),
    curve: Array.isArray(why.curve) ? why.curve.flatMap(pointOf) : [],
  };
}
