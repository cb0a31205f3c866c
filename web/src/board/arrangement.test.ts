import { expect, test } from "vitest";
import type { Assignment, PlanChange, Task } from "../api/shapes";
import { EMPTY_WORLD, type World } from "../live/world";
import { arranged, isMovable, lateOf, markerAt, positionAt, withMove } from "./arrangement";
import { usePending } from "./pending";
import { msAt, scaleOver, ticks, widthOf, xOf } from "./scale";

const at = (time: string) => `2026-11-25T${time}:00Z`;
const ms = (time: string) => Date.parse(at(time));

function visit(task: string, crew: string, sequence: number, from: string, to: string, more = {}) {
  return {
    id: `a-${task}`, task_id: task, crew_id: crew, sequence, state: "planned", pinned: false,
    travel_s: 600, eta_at: at(from), start_at: at(from), end_at: at(to),
    started_at: null, done_at: null, updated_at: at("06:00"), version: 1, ...more,
  } as unknown as Assignment; // prettier-ignore
}

function task(id: string, end = "18:00", more = {}) {
  return {
    id, title: id, state: "ready", priority: 3, window_start: at("07:00"), window_end: at(end),
    windows: [], soft_end: null, ...more,
  } as unknown as Task; // prettier-ignore
}

function worldOf(visits: Assignment[], tasks: Task[]): World {
  return {
    ...EMPTY_WORLD,
    assignments: new Map(visits.map((row) => [row.id, row])),
    tasks: new Map(tasks.map((row) => [row.id, row])),
  };
}

const WORLD = worldOf(
  [
    visit("done", "red", 0, "08:00", "08:30", { state: "done", done_at: at("08:20") }),
    visit("first", "red", 1, "09:00", "10:00"),
    visit("second", "red", 2, "11:00", "12:00"),
    visit("kept", "blue", 0, "09:00", "10:00", { state: "accepted" }),
  ],
  [task("first"), task("second"), task("kept"), task("free", "12:00", { priority: 1 }), task("also")],
);

const place = (crew: string, sequence: number, from: string, to: string) => ({
  crew_id: crew, sequence, eta_at: at(from), start_at: at(from), end_at: at(to), pinned: true,
}); // prettier-ignore

const MOVED: PlanChange = {
  task_id: "first",
  kind: "moved",
  before: place("red", 1, "09:00", "10:00"),
  after: place("blue", 1, "10:30", "11:30"),
  why: {},
};

test("a crew's visits stand in the order of time, what nobody does by urgency", () => {
  const { lanes, unassigned } = arranged(WORLD, []);

  expect(lanes.get("red")?.map((bar) => bar.taskId)).toEqual(["done", "first", "second"]);
  expect(unassigned.map((row) => row.id)).toEqual(["free", "also"]);
});

test("the preview moves a visit and says whose it was", () => {
  const { lanes } = arranged(WORLD, [MOVED]);

  expect(lanes.get("red")?.map((bar) => bar.taskId)).toEqual(["done", "second"]);
  const bar = lanes.get("blue")?.[1];
  expect(bar).toMatchObject({ taskId: "first", state: "preview", change: "moved", was: "red" });
});

test("a task the preview takes away is free again", () => {
  const removed: PlanChange = { ...MOVED, kind: "removed", after: null };

  expect(arranged(WORLD, [removed]).unassigned.map((row) => row.id)).toContain("first");
});

test("accepted and finished work is nobody's to drag", () => {
  const bars = [...arranged(WORLD, []).lanes.values()].flat();

  expect(bars.filter(isMovable).map((bar) => bar.taskId)).toEqual(["first", "second"]);
});

test("a drop lands before the first visit whose middle is later; done work does not count", () => {
  const red = arranged(WORLD, []).lanes.get("red") ?? [];

  expect(positionAt(red, "free", ms("09:10"))).toBe(0);
  expect(positionAt(red, "free", ms("09:45"))).toBe(1);
  expect(positionAt(red, "free", ms("15:00"))).toBe(2);
  expect(positionAt(red, "first", ms("15:00"))).toBe(1);
});

test("the marker stands before the next visit, or after the last", () => {
  const red = arranged(WORLD, []).lanes.get("red") ?? [];

  expect(markerAt(red, "free", 1)).toBe(ms("11:00"));
  expect(markerAt(red, "free", 2)).toBe(ms("12:00"));
  expect(markerAt([], "free", 0)).toBeNull();
});

test("a task moves once, and last", () => {
  const move = (id: string, crew: string | null) => ({
    task_id: id, crew_id: crew, position: 0, pinned: true,
  }); // prettier-ignore

  const moves = withMove([move("a", "red"), move("b", "red")], move("a", null));

  expect(moves).toEqual([move("b", "red"), move("a", null)]);
});

test("moves are taken back and made again", () => {
  const move = { task_id: "a", crew_id: "red", position: 0, pinned: true };
  const { add, undo, redo } = usePending.getState();

  add(move);
  undo();
  expect(usePending.getState().moves).toEqual([]);
  redo();
  expect(usePending.getState().moves).toEqual([move]);
  undo();
  add({ ...move, crew_id: "blue" });
  redo();
  expect(usePending.getState().moves).toEqual([{ ...move, crew_id: "blue" }]);
});

test("lateness is the start after the window's end, of work that has not begun", () => {
  const [bar] = arranged(worldOf([visit("t", "red", 0, "12:10", "13:00")], []), []).lanes.get("red") ?? [];

  expect(bar).toBeDefined();
  if (bar === undefined) return;
  expect(lateOf(bar, task("t", "12:00")).lateS).toBe(600);
  expect(lateOf(bar, task("t", "13:00")).lateS).toBe(0);
  expect(lateOf({ ...bar, state: "started" }, task("t", "12:00")).lateS).toBe(0);
  expect(lateOf(bar, task("t", "18:00", { soft_end: at("12:00") }))).toEqual({ lateS: 0, wishS: 600 });
});

test("the axis spans full hours around all instants, and turns back into time", () => {
  const scale = scaleOver([ms("08:20"), ms("16:40")], ms("09:00"), 60);

  expect(scale.startMs).toBe(ms("08:00"));
  expect(scale.endMs).toBe(ms("17:00"));
  expect(widthOf(scale)).toBe(540);
  expect(msAt(scale, xOf(scale, ms("11:15")))).toBe(ms("11:15"));
  expect(ticks({ ...scale, pxPerHour: 40 })).toHaveLength(5);
});
