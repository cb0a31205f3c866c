/** French first; the choice is kept in the browser. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import enBoard from "./board/en.json";
import frBoard from "./board/fr.json";
import en from "./en.json";
import fr from "./fr.json";
import enPresence from "./presence/en.json";
import frPresence from "./presence/fr.json";

export const LANGUAGES = [
  { code: "fr", name: "Français" },
  { code: "en", name: "English" },
] as const;

const KEPT = "fieldops.language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof fr };
  }
}

const kept = localStorage.getItem(KEPT);

void i18next.use(initReactI18next).init({
  lng: LANGUAGES.some(({ code }) => code === kept) ? (kept ?? "fr") : "fr",
  fallbackLng: "fr",
  resources: {
    fr: { translation: fr, presence: frPresence, board: frBoard },
    en: { translation: en, presence: enPresence, board: enBoard },
  },
  // React escapes what it shows.
  interpolation: { escapeValue: false },
});

document.documentElement.lang = i18next.language;
i18next.on("languageChanged", (language) => {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
});
