import { expect, test } from "vitest";
import type { Task } from "../api/shapes";
import { type Arrangement, type Bar } from "./arrangement";
import { type Held, placeOf, stepOf } from "./keys";

const bar = (taskId: string, crewId: string, state: Bar["state"] = "planned") =>
  ({ taskId, crewId, state, startMs: 0, endMs: 0 }) as Bar;

const ARRANGEMENT: Arrangement = {
  lanes: new Map([
    ["red", [bar("over", "red", "done"), bar("first", "red"), bar("second", "red")]],
    ["blue", [bar("theirs", "blue", "accepted")]],
  ]),
  unassigned: [{ id: "free" } as Task],
};
const CREWS = ["red", "blue"];

const press = (key: string, taskId: string, held: Held | null = null) =>
  stepOf(key, taskId, held, CREWS, ARRANGEMENT);

/** Press keys one after the other on one task; the last step. */
function type(taskId: string, ...keys: string[]) {
  let held: Held | null = null;
  let step = null;
  for (const key of keys) {
    step = press(key, taskId, held);
    held = step?.kind === "hold" ? step.held : null;
  }
  return step;
}

test("space takes a task where it stands among what is not done", () => {
  expect(press(" ", "second")).toEqual({
    kind: "hold", held: { taskId: "second", crewId: "red", position: 1 },
  }); // prettier-ignore
  expect(placeOf(ARRANGEMENT, "free")).toEqual({ crewId: null, position: 0 });
});

test("arrows go along a lane and over the lanes, the tray above the first, and no further", () => {
  const put = (crewId: string | null, position: number) => ({
    kind: "put", place: { crewId, position },
  }); // prettier-ignore

  expect(type("second", " ", "ArrowLeft", "ArrowLeft", "Enter")).toEqual(put("red", 0));
  expect(type("second", " ", "ArrowDown", "ArrowDown", "Enter")).toEqual(put("blue", 1));
  expect(type("first", " ", "ArrowUp", "ArrowUp", " ")).toEqual(put(null, 0));
  expect(type("free", " ", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Enter")).toEqual(
    put("red", 2),
  );
});

test("what lands where it was is let go, not moved", () => {
  expect(type("first", " ", "Enter")?.kind).toBe("release");
  expect(type("first", " ", "ArrowDown", "ArrowUp", "ArrowLeft", "Enter")?.kind).toBe("release");
  expect(type("free", " ", "Enter")?.kind).toBe("release");
  expect(type("first", " ", "ArrowDown", "Escape")?.kind).toBe("release");
});

test("delete takes from a crew, and is nothing in the tray", () => {
  expect(press("Delete", "first")).toEqual({ kind: "put", place: { crewId: null, position: 0 } });
  expect(press("Delete", "free")).toBeNull();
  expect(type("free", " ", "Delete")?.kind).toBe("release");
});

test("p pins what a crew has, accepted work too; what is accepted is not carried", () => {
  expect(press("p", "first")?.kind).toBe("pin");
  expect(press("P", "theirs")?.kind).toBe("pin");
  expect(press("p", "free")).toBeNull();
  expect(press(" ", "theirs")).toBeNull();
  expect(press("Delete", "theirs")).toBeNull();
  expect(press("Enter", "first")).toBeNull();
});
