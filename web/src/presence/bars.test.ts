import { expect, test } from "vitest";
import type { PresenceEntry } from "../api/shapes";
import { rowsOf } from "./bars";

const DAY = Date.parse("2026-11-25T00:00:00Z");
const at = (hour: number) => new Date(DAY + hour * 3_600_000).toISOString();

function entry(id: string, kind: "entered" | "left", hour: number, more: Partial<PresenceEntry> = {}): PresenceEntry {
  return {
    id, kind, at: at(hour), detected_at: at(hour), recorded_at: at(hour), status: "confirmed",
    device_id: "d", device_label: "Fourgon", fence_id: "f", fence_name: "Emprise",
    supersedes: null, superseded_by: null, why: null, ...more,
  };
}

const bars = (...entries: PresenceEntry[]) =>
  rowsOf(entries, DAY, DAY + 18 * 3_600_000).flatMap((row) =>
    row.bars.map((bar) => [(bar.fromMs - DAY) / 3_600_000, (bar.toMs - DAY) / 3_600_000, bar.sure, bar.open]),
  );

test("an entry and an exit are one bar", () => {
  expect(bars(entry("a", "entered", 8), entry("b", "left", 12))).toEqual([[8, 12, "confirmed", false]]);
});

test("who has not left is inside until now, and who came yesterday since midnight", () => {
  expect(bars(entry("a", "entered", -9))).toEqual([[0, 18, "confirmed", true]]);
});

test("what is only provisional is told apart", () => {
  const left = entry("b", "left", 12, { status: "provisional" });
  expect(bars(entry("a", "entered", 8), left)).toEqual([[8, 12, "provisional", false]]);
});

test("a provisional entry that was confirmed leaves no trace, a corrected one is struck", () => {
  const first = entry("a", "entered", 8, { status: "provisional", superseded_by: "b" });
  const wrong = entry("c", "left", 9, { superseded_by: "d" });
  expect(
    bars(first, entry("b", "entered", 8, { supersedes: "a" }), wrong, entry("d", "left", 12, { supersedes: "c" })),
  ).toEqual([
    [8, 12, "confirmed", false],
    [9, 9, "gone", false],
  ]);
});

test("each device and fence has its row", () => {
  const other = entry("b", "entered", 8, { device_id: "e", device_label: "Camion" });
  expect(rowsOf([entry("a", "entered", 8), other], DAY, DAY).map((row) => row.device)).toEqual(["Camion", "Fourgon"]);
});
