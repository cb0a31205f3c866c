/** An error in words: the server's code, translated; its English detail only when we know none. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { codeOf, ProblemError } from "../api/problem";
import { SignedOut } from "../auth/session";

const KNOWN = [
  "bad_input", "unauthenticated", "bad_credentials", "forbidden", "not_found", "conflict", "stale",
  "unavailable", "no_answer", "already_answered", "offer_expired", "offer_withdrawn",
  "idempotency_conflict", "unexpected", "too_many",
] as const; // prettier-ignore

export function problemWords(t: TFunction, error: unknown): string {
  const code = error instanceof SignedOut ? "unauthenticated" : codeOf(error);
  const known = KNOWN.find((item) => item === code);
  if (known === undefined) {
    const detail = error instanceof ProblemError ? error.problem.detail : "";
    return detail === "" ? t("problem.unexpected") : t("problem.other", { code, detail });
  }
  return t(`problem.${known}`);
}

export function useProblemWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => problemWords(t, error);
}
