import { expect, test } from "vitest";
import enBoard from "./board/en.json";
import frBoard from "./board/fr.json";
import en from "./en.json";
import fr from "./fr.json";
import enPresence from "./presence/en.json";
import frPresence from "./presence/fr.json";

const FRENCH = { own: fr, presence: frPresence, board: frBoard };
const ENGLISH = { own: en, presence: enPresence, board: enBoard };

function texts(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, string | object]) =>
    typeof value === "string"
      ? [[`${path}${key}`, value] as [string, string]]
      : texts(value, `${path}${key}.`),
  );
}

const placeholders = (text: string) => (text.match(/{{\w+}}/g) ?? []).sort();

test("both languages say the same things", () => {
  expect(texts(ENGLISH).map(([key]) => key)).toEqual(texts(FRENCH).map(([key]) => key));
});

test("no text is empty, and each takes the same values in both languages", () => {
  const english = new Map(texts(ENGLISH));
  for (const [key, text] of texts(FRENCH)) {
    expect(text.trim(), key).not.toBe("");
    expect(placeholders(english.get(key) ?? ""), key).toEqual(placeholders(text));
  }
});
