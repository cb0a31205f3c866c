/** Above the board: which plan this is, what is pending, and the ways on and back. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconHistory,
  IconNotes,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { WhatIf } from "../api/shapes";
import { useLive } from "../live/live";
import type { World } from "../live/world";
import { crewReason } from "../tasks/why";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";
import { usePending } from "./pending";
import { crewName, travelWords, violationWords } from "./words";

interface Props {
  answer: WhatIf | undefined;
  asking: boolean;
  drafts: number;
  onZoom: (factor: number) => void;
  onReview: () => void;
  onDrafts: () => void;
  onVersions: () => void;
}

/** What stands in the way first: who lacks what, else the rule. */
function firstObstacle(t: TFunction, world: World, answer: WhatIf): string | null {
  const [reason] = answer.reasons;
  if (reason !== undefined) return crewReason(t, reason, (id) => crewName(t, world, id));
  const [violation] = answer.violations;
  return violation === undefined ? null : violationWords(t, world, violation);
}

export function Toolbar({ answer, asking, drafts, ...on }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  const { plan } = world;
  const { moves, past, future, undo, redo, clear } = usePending();
  const obstacle = answer?.feasible === false ? firstObstacle(t, world, answer) : null;
  const icons = [
    { key: "undo", icon: IconArrowBackUp, run: undo, off: past.length === 0 },
    { key: "redo", icon: IconArrowForwardUp, run: redo, off: future.length === 0 },
    { key: "zoomOut", icon: IconZoomOut, run: () => on.onZoom(0.75), off: false },
    { key: "zoomIn", icon: IconZoomIn, run: () => on.onZoom(1 / 0.75), off: false },
  ] as const;
  return (
    <div className={css.toolbar} role="toolbar" aria-label={t("board.title")}>
      <span className={css.version} data-testid="board-version" data-version={plan.version}>
        <strong>{t("board.title")}</strong>
        {plan.published_at === null
          ? t("board.noPlan")
          : `${t("board.version", { version: plan.version })}, ${t("board.publishedAt", {
              time: words.time(plan.published_at),
            })}`}
      </span>
      {icons.map(({ key, icon: Icon, run, off }) => (
        <Tooltip key={key} label={t(`board.${key}`)}>
          <ActionIcon
            variant="subtle"
            color="ink"
            aria-label={t(`board.${key}`)}
            disabled={off}
            data-testid={`board-${key}`}
            onClick={run}
          >
            <Icon size={19} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      ))}
      <span className={css.grow} aria-live="polite" data-testid="board-answer">
        {asking && moves.length > 0 && t("board.asking")}
        {!asking && answer !== undefined && (
          <span data-feasible={answer.feasible} className={css.answer}>
            {answer.feasible
              ? t("board.feasible")
              : t("board.infeasible", { count: answer.violations.length })}
            {" · "}
            {travelWords(t, answer.figures)}
            {obstacle !== null && <span className={css.obstacle}>{obstacle}</span>}
          </span>
        )}
      </span>
      <Button
        variant="default"
        size="sm"
        leftSection={<IconNotes size={17} />}
        data-testid="board-drafts"
        onClick={on.onDrafts}
      >
        {t("board.drafts", { drafts })}
      </Button>
      <Button
        variant="default"
        size="sm"
        leftSection={<IconHistory size={17} />}
        data-testid="board-versions"
        onClick={on.onVersions}
      >
        {t("board.versions")}
      </Button>
      {moves.length > 0 && (
        <>
          <Button variant="subtle" size="sm" color="red" onClick={clear}>
            {t("board.discard")}
          </Button>
          <Button
            size="sm"
            disabled={answer === undefined}
            data-testid="board-review-open"
            onClick={on.onReview}
          >
            {t("board.review", { moves: moves.length })}
          </Button>
        </>
      )}
    </div>
  );
}
