import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import fr from "../i18n/fr.json";
import { reasonSummary, reasonWords, relaxationWords } from "./reasons";

const i18n = i18next.createInstance();
beforeAll(async () => {
  await i18n.init({
    lng: "fr",
    resources: { fr: { translation: fr } },
    interpolation: { escapeValue: false },
  });
});

test("a reason is said with its figures", () => {
  expect(reasonWords(i18n.t, { code: "SKILL", params: { missing: ["BR", "H2V"] } })).toBe(
    "Compétence manquante : BR, H2V",
  );
  expect(reasonWords(i18n.t, { code: "DISTANCE", params: { late_s: 1260 } })).toBe(
    "Trop loin : arriverait 21 min trop tard",
  );
});

test("a credential that ran out says when", () => {
  const params = { type: "electrical", symbol: "B1V", expired_at: "2026-03-01T23:00:00+00:00" };
  expect(reasonWords(i18n.t, { code: "CREDENTIAL", params })).toBe(
    "electrical B1V expiré le 01/03/2026",
  );
});

test("what would make it fit is one sentence", () => {
  const changes = [
    { code: "SKILL", params: { missing: ["BR"] } },
    { code: "SHIFT", params: { longer_s: 1500 } },
  ];
  expect(relaxationWords(i18n.t, changes)).toBe(
    "Il suffirait de : acquérir BR, prolonger le service de 25 min",
  );
  expect(relaxationWords(i18n.t, [])).toBeNull();
});

test("a code of a later server is shown, not hidden", () => {
  expect(reasonWords(i18n.t, { code: "MOON", params: {} })).toBe("Autre raison (MOON)");
});

test("what stops several crews is said once and counted, without one crew's figures", () => {
  const reasons = [
    { code: "SHIFT", params: { over_s: 600 } },
    { code: "SHIFT", params: { over_s: 900 } },
    { code: "DECLINED", params: {} },
  ];
  expect(reasonSummary(i18n.t, reasons)).toEqual([
    "Hors des heures de service · 2 équipes",
    "A déjà refusé cette tâche",
  ]);
});
