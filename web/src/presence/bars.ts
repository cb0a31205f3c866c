/** A site's ledger as bars: who was inside from when to when, and how sure that is. */
import type { PresenceEntry } from "../api/shapes";

export interface Bar {
  id: string;
  fromMs: number;
  toMs: number;
  /** Still inside, as far as is known. */
  open: boolean;
  sure: "confirmed" | "provisional" | "gone";
  entered: PresenceEntry | null;
  left: PresenceEntry | null;
}

export interface Row {
  key: string;
  device: string;
  fence: string;
  bars: Bar[];
}

const atMs = (entry: PresenceEntry) => Date.parse(entry.at);

/** Provisional only means what it says while nothing has replaced it. */
const holds = (entry: PresenceEntry) => entry.superseded_by === null && entry.status !== "withdrawn";

/** Something was said and is no more: corrected by late fixes, or taken back. */
function gone(entries: PresenceEntry[]): Bar[] {
  const successors = new Map(entries.map((entry) => [entry.id, entry]));
  return entries
    .filter((entry) => {
      if (entry.superseded_by === null || entry.status === "withdrawn") return false;
      const next = successors.get(entry.superseded_by);
      // What was provisional and is confirmed was right; it needs no bar of its own.
      return !(entry.status === "provisional" && next?.status === "confirmed");
    })
    .map((entry) => ({
      id: entry.id,
      fromMs: atMs(entry),
      toMs: atMs(entry),
      open: false,
      sure: "gone" as const,
      entered: entry.kind === "entered" ? entry : null,
      left: entry.kind === "left" ? entry : null,
    }));
}

function standing(entries: PresenceEntry[], dayMs: number, untilMs: number): Bar[] {
  const bars: Bar[] = [];
  let entered: PresenceEntry | null = null;
  const close = (toMs: number, left: PresenceEntry | null) => {
    const fromMs = entered === null ? dayMs : Math.max(dayMs, atMs(entered));
    const shaky = entered?.status === "provisional" || left?.status === "provisional";
    bars.push({
      id: entered?.id ?? left?.id ?? String(fromMs),
      fromMs,
      toMs: Math.max(fromMs, toMs),
      open: left === null,
      sure: shaky ? "provisional" : "confirmed",
      entered,
      left,
    });
    entered = null;
  };
  for (const entry of entries.filter(holds)) {
    if (entry.kind === "entered") entered = entry;
    else close(atMs(entry), entry);
  }
  if (entered !== null) close(untilMs, null);
  return bars;
}

/** Return a row per device and fence, by name; `untilMs` is now, or the day's end if it is over. */
export function rowsOf(entries: PresenceEntry[], dayMs: number, untilMs: number): Row[] {
  const groups = new Map<string, PresenceEntry[]>();
  for (const entry of entries) {
    const key = `${entry.device_id} ${entry.fence_id}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups]
    .map(([key, group]) => {
      const [first] = group;
      const ordered = group.toSorted((a, b) => atMs(a) - atMs(b) || a.id.localeCompare(b.id));
      return {
        key,
        device: first?.device_label ?? "",
        fence: first?.fence_name ?? "",
        bars: [...standing(ordered, dayMs, untilMs), ...gone(ordered)],
      };
    })
    .sort((a, b) => a.device.localeCompare(b.device) || a.fence.localeCompare(b.fence));
}
