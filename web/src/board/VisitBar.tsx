/** One visit on a crew's line: the drive as a thin lead-in, the work as a bar. */
import { IconAlertTriangle, IconPinFilled } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Task } from "../api/shapes";
import { useWords } from "../ui/useWords";
import { type Bar, isMovable, lateOf } from "./arrangement";
import css from "./board.module.css";
import { type Scale, xOf } from "./scale";
import { lateWords } from "./words";

interface Props {
  bar: Bar;
  task: Task | undefined;
  crewName: string;
  colour: string;
  scale: Scale;
  selected: boolean;
  carried: boolean;
  onPress: (taskId: string, event: React.PointerEvent) => void;
  onSelect: (taskId: string) => void;
  onKey: (taskId: string, event: React.KeyboardEvent) => void;
}

const MIN_WIDTH_PX = 26;

export const VisitBar = memo(function VisitBar(props: Props) {
  const { bar, task, crewName, colour, scale, selected, carried } = props;
  const { t } = useTranslation();
  const words = useWords();
  const title = task?.title ?? t("unknown");
  const lateness = lateOf(bar, task);
  const late = lateWords(t, lateness);
  const left = xOf(scale, bar.startMs);
  const width = Math.max(MIN_WIDTH_PX, xOf(scale, bar.endMs) - left);
  const driveFrom = bar.travelS === null ? null : xOf(scale, bar.etaMs - bar.travelS * 1000);
  const driveTo = Math.min(left, xOf(scale, bar.etaMs));
  const state = bar.state === "preview" ? t("board.preview") : t(`assignment.${bar.state}`);
  const label = t("board.bar", {
    task: title,
    crew: crewName,
    from: words.time(bar.startMs),
    to: words.time(bar.endMs),
    state,
  });
  const said = late === null ? label : `${label}, ${late}`;
  return (
    <>
      {driveFrom !== null && bar.state !== "done" && bar.state !== "started" && (
        <span
          className={css.drive}
          style={{ left: driveFrom, width: Math.max(0, driveTo - driveFrom), borderColor: colour }}
          aria-hidden="true"
        />
      )}
      <button
        type="button"
        className={css.bar}
        style={{ left, width, "--crew": colour } as React.CSSProperties}
        aria-label={said}
        aria-pressed={selected}
        title={said}
        data-testid="board-bar"
        data-task={bar.taskId}
        data-state={bar.state}
        data-change={bar.change ?? undefined}
        data-pinned={bar.pinned}
        data-late={lateness.lateS > 0 ? "true" : lateness.wishS > 0 ? "wish" : "false"}
        data-carried={carried}
        data-movable={isMovable(bar)}
        onPointerDown={(event) => isMovable(bar) && props.onPress(bar.taskId, event)}
        onClick={() => props.onSelect(bar.taskId)}
        onKeyDown={(event) => props.onKey(bar.taskId, event)}
      >
        <span className={css.barTitle}>
          {bar.pinned && <IconPinFilled size={11} aria-label={t("board.pinned")} />}
          {lateness.lateS > 0 && <IconAlertTriangle size={12} aria-hidden="true" />}
          {title}
        </span>
        <span className={css.barTime}>
          {words.time(bar.startMs)}
          {` · ${late ?? state}`}
        </span>
      </button>
    </>
  );
});
