/** What a draft, a proposal or a version changes: who, what, when. */
import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PlanChange } from "../api/shapes";
import { useLive } from "../live/live";
import { whyLines } from "../tasks/why";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";
import { changeWords, crewName, titleOf } from "./words";

const COLOURS = { added: "teal", moved: "ink", removed: "red", retimed: "gray" } as const;
const ORDER = ["moved", "added", "removed", "retimed"];

export function DiffList({ diff }: { diff: readonly PlanChange[] }) {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  if (diff.length === 0) return <p className={css.quiet}>{t("board.nothing")}</p>;
  const sorted = [...diff].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return (
    <ul className={css.diff} data-testid="plan-diff">
      {sorted.map((change) => (
        <li key={change.task_id} data-kind={change.kind}>
          <Badge size="sm" variant="light" color={COLOURS[change.kind]}>
            {t(`board.change.${change.kind}`)}
          </Badge>
          <span>
            <strong>{titleOf(t, world, change.task_id)}</strong>
            <br />
            {changeWords(t, world, change, (iso) => words.time(iso))}
            {whyLines(t, change.why ?? {}, (id) => crewName(t, world, id)).map((line, i) => (
              <span key={`${i}${line}`} className={css.why} data-testid="plan-why">
                {line}
              </span>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}
