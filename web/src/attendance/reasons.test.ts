import i18next from "i18next";
import { expect, test } from "vitest";
import fr from "../i18n/fr.json";
import { oddityWords } from "./reasons";

await i18next.init({ lng: "fr", resources: { fr: { translation: fr } } });
const words = (code: string, params: Record<string, unknown> = {}) =>
  oddityWords(i18next.t, { code, params }, () => "08:00");

test("figures stand in the sentence", () => {
  expect(words("outside_fence", { distance_m: 420 })).toBe("Hors du chantier : 420 m du périmètre");
  expect(words("rest_short", { rest_s: 25_200, least_s: 39_600 })).toBe("Repos de 7 h au lieu de 11 h");
  expect(words("clock_skew", { skew_s: -360 })).toBe("Horloge décalée de 6 min");
  expect(words("in_twice", { since: "2026-07-14T06:00:00Z" })).toBe("Déjà arrivé à 08:00");
});

test("a code one does not know is shown", () => {
  expect(words("brand_new")).toBe("Autre raison (brand_new)");
});
