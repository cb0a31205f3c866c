/** An error in words: the server's code, translated; its English detail only when we know none. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { codeOf, ProblemError } from "../api/problem";
import { SignedOut } from "../auth/session";
import fr from "../i18n/fr.json";

type Known = Exclude<keyof (typeof fr)["problem"], "other">;

function isKnown(code: string): code is Known {
  return code !== "other" && Object.hasOwn(fr.problem, code);
}

export function problemWords(t: TFunction, error: unknown): string {
  const code = error instanceof SignedOut ? "unauthenticated" : codeOf(error);
  if (isKnown(code)) return t(`problem.${code}`);
  const detail = error instanceof ProblemError ? error.problem.detail : "";
  return detail === "" ? t("problem.unexpected") : t("problem.other", { code, detail });
}

/** A code among others in one answer, which has a detail of its own. */
export function codeWords(t: TFunction, code: string, detail: string): string {
  return isKnown(code) ? t(`problem.${code}`) : t("problem.other", { code, detail });
}

export function useProblemWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => problemWords(t, error);
}
