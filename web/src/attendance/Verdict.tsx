/** A verdict as shape and word, and the reasons below. */
import { IconAlertTriangle, IconCircleCheck, IconHelpCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Oddity, Word } from "../api/shapes";
import { useWords } from "../ui/useWords";
import css from "./attendance.module.css";
import { oddityWords } from "./reasons";

const ICONS = { conform: IconCircleCheck, to_check: IconHelpCircle, incoherent: IconAlertTriangle };

export function VerdictBadge({ word }: { word: Word }) {
  const { t } = useTranslation();
  const Icon = ICONS[word];
  return (
    <span className={css.verdict} data-word={word} data-testid="verdict">
      <Icon size={16} aria-hidden="true" />
      {t(`attendance.verdict.${word}`)}
    </span>
  );
}

export function Oddities({ items }: { items: readonly Oddity[] }) {
  const { t } = useTranslation();
  const words = useWords();
  if (items.length === 0) return null;
  return (
    <ul className={css.oddities}>
      {items.map((item) => (
        <li key={item.code}>{oddityWords(t, item, words.time)}</li>
      ))}
    </ul>
  );
}
