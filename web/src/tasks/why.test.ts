import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import frBoard from "../i18n/board/fr.json";
import fr from "../i18n/fr.json";
import { keptWords, whyLines } from "./why";

const i18n = i18next.createInstance();
beforeAll(async () => {
  await i18n.init({
    lng: "fr",
    resources: { fr: { translation: fr, board: frBoard } },
    interpolation: { escapeValue: false },
  });
});

const nameOf = (crewId: string) => `Équipe ${crewId.toUpperCase()}`;
const why = (value: Record<string, unknown>) => whyLines(i18n.t, value, nameOf);

test("what the planner kept names the crew's rank, its price, the next best and who could not", () => {
  expect(
    why({
      crew_id: "a", start_source: "depot", travel_s: 600, added_travel_s: 480, rank: 1, able: 3,
      alternatives: [{ crew_id: "b", eta_at: "2026-11-25T10:00:00Z", added_travel_s: 900 }],
      refused: { SKILL: 2, CREW_SIZE: 1, DISTANCE: 1 },
    }), // prettier-ignore
  ).toEqual([
    "La moins chère de 3 équipes possibles",
    "+8 min de route",
    "depuis le dépôt",
    "Sinon : Équipe B (+15 min)",
    "Écartées : compétence manquante (2), équipe trop petite (1), trop loin pour arriver à temps (1)",
  ]);
});

test("a decision by hand says so, and what it went against", () => {
  const reasons = [{ code: "SKILL", crew_id: "b", params: { missing: ["H0V"] } }];
  expect(why({ by_hand: true, kind: "draft", forced: true, added_travel_s: null, reasons })).toEqual([
    "Décidée à la main",
    "Forcée malgré les règles",
    "Équipe B : Compétence manquante : H0V",
  ]);
});

test("what was taken off its crew says why nobody has it, and what would make it fit", () => {
  const reasons = [
    { code: "SHIFT", crew_id: "a", params: { over_s: 600 } },
    { code: "SHIFT", crew_id: "b", params: { over_s: 900 } },
  ];
  const relaxation = { crew_id: "a", price_s: 9, changes: [{ code: "SHIFT", params: { longer_s: 600 } }] };
  expect(why({ reasons, relaxation })).toEqual([
    "Hors des heures de service · 2 équipes",
    "Il suffirait de : prolonger le service de 10 min",
  ]);
});

test("rows that say little or something else say nothing wrong", () => {
  expect(why({})).toEqual([]);
  expect(why({ reasons: "x", alternatives: [null, 3], relaxation: null, refused: null })).toEqual([]);
});

test("what cannot be restored says why, each code in words", () => {
  const kept = (code: string, params = {}) => keptWords(i18n.t, { code, params }, nameOf);
  const reasons = [{ code: "DISTANCE", crew_id: "b", params: { late_s: 1260 } }];

  expect(kept("LOCKED", { crew_id: "b" })).toBe("acceptée ou commencée par Équipe B");
  expect(kept("NOT_FEASIBLE", { reasons })).toBe(
    "ne tient plus dans la journée · Équipe B : Trop loin : arriverait 21 min trop tard",
  );
  expect(kept("MOON")).toBe("autre raison (MOON)");
  for (const code of ["OVER", "WAS_UNASSIGNED", "SHIFT", "DECLINED", "OUT_OF_REACH"]) {
    expect(kept(code)).not.toContain(code);
  }
});
