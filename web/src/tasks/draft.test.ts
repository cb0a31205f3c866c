import { expect, test } from "vitest";
import { bodyOf, faultsOf, freshDraft, serverFaults } from "./draft";

const TZ = "Europe/Paris";
const NOW = Date.UTC(2026, 10, 23, 8, 20);
const good = { ...freshDraft(NOW, TZ), site: "s1", title: "Poser un coffret" };

test("a fresh draft lacks only its place and its title", () => {
  expect(Object.keys(faultsOf(freshDraft(NOW, TZ), NOW, TZ))).toEqual(["site", "title"]);
  expect(faultsOf(good, NOW, TZ)).toEqual({});
});

test("a window that ends before it starts is told beside its end", () => {
  expect(faultsOf({ ...good, from: "14:00", to: "13:00" }, NOW, TZ).to).toEqual({ key: "window" });
});

test("a window shorter than the work is told", () => {
  const draft = { ...good, from: "14:00", to: "14:30", minutes: 60 };
  expect(faultsOf(draft, NOW, TZ).to).toEqual({ key: "tooShort" });
});

test("the body says the window in UTC", () => {
  const body = bodyOf({ ...good, from: "10:00", to: "14:00" }, "id", TZ);
  expect([body.window_start, body.window_end]).toEqual([
    "2026-11-23T09:00:00.000Z",
    "2026-11-23T13:00:00.000Z",
  ]);
});

test("the server's pointers find their fields", () => {
  const problem = {
    type: "about:blank",
    title: "",
    status: 422,
    detail: "",
    code: "bad_input",
    errors: [
      { pointer: "/body/skills/0", message: "bad skill" },
      { pointer: "/window_end", message: "too early" },
    ],
  };
  expect(serverFaults(problem)).toEqual({
    skills: { words: "bad skill" },
    to: { words: "too early" },
  });
});
