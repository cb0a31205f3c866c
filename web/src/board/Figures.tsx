/** What moves cost, and which rules they break. */
import { useTranslation } from "react-i18next";
import type { PlanFigures, PlanViolation, Reason } from "../api/shapes";
import { useLive } from "../live/live";
import { crewReason } from "../tasks/why";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";
import { crewName, travelWords, violationWords } from "./words";

interface Props {
  figures: PlanFigures;
  violations: readonly PlanViolation[];
  /** What stands between the crews and the tasks moved to them. */
  reasons?: readonly Reason[];
}

export function Figures({ figures, violations, reasons = [] }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  return (
    <div className={css.figures}>
      <span>{travelWords(t, figures)}</span>
      <span>
        {t("board.cost", {
          delta: `${figures.cost_delta_s > 0 ? "+" : "−"}${words.duration(Math.abs(figures.cost_delta_s))}`,
        })}
      </span>
      <span>
        {t("board.left", {
          before: figures.unassigned_before,
          after: figures.unassigned_after,
        })}
      </span>
      {violations.length > 0 && (
        <ul className={css.violations} role="alert" data-testid="board-violations">
          {violations.map((each, i) => (
            <li key={`${each.rule}${i}`}>{violationWords(t, world, each)}</li>
          ))}
          {reasons.map((each, i) => (
            <li key={`${each.code}${i}`} data-testid="board-reason">
              {crewReason(t, each, (id) => crewName(t, world, id))}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
