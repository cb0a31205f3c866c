/** One crew: its name at the left, its shift and visits on the axis. */
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Crew, Task } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { useWords } from "../ui/useWords";
import type { Bar } from "./arrangement";
import css from "./board.module.css";
import { type Scale, widthOf, xOf } from "./scale";
import { VisitBar } from "./VisitBar";

interface Props {
  crew: Crew;
  bars: readonly Bar[];
  tasks: ReadonlyMap<string, Task>;
  colour: string;
  scale: Scale;
  selected: string | null;
  carried: string | null;
  markerMs: number | null;
  onPress: (taskId: string, event: React.PointerEvent) => void;
  onSelect: (taskId: string) => void;
  onKey: (taskId: string, event: React.KeyboardEvent) => void;
}

export const Lane = memo(function Lane(props: Props) {
  const { crew, bars, tasks, colour, scale, selected, carried, markerMs } = props;
  const { t } = useTranslation();
  const words = useWords();
  const shift = crew.shift;
  const silent =
    crew.silent_since === null
      ? null
      : boardWords(t, "offlineSince", { time: words.time(crew.silent_since) });
  const from = shift === null ? 0 : xOf(scale, Date.parse(shift.starts_at));
  const to = shift === null ? 0 : xOf(scale, Date.parse(shift.ends_at));
  return (
    <div className={css.row} role="row" data-testid="board-lane" data-crew={crew.id}>
      <div className={css.crew} role="rowheader">
        <span className={css.dot} style={{ background: colour }} aria-hidden="true" />
        <span className={css.crewName}>{crew.name}</span>
        <span className={css.crewSub}>
          {shift === null
            ? t("board.noShift")
            : t("board.shift", {
                from: words.time(shift.starts_at),
                to: words.time(shift.ends_at),
              })}
          {silent === null && ` · ${crew.on_shift ? t("board.onShift") : t("board.offShift")}`}
          {silent !== null && (
            <span className={css.offline} title={silent} data-testid="crew-offline">
              {boardWords(t, "offline")}
            </span>
          )}
        </span>
      </div>
      <div
        className={css.lane}
        style={{ width: widthOf(scale) }}
        data-lane={crew.id}
        data-over={markerMs !== null}
        role="cell"
      >
        {shift !== null && (
          <span
            className={css.shift}
            style={{ left: from, width: Math.max(0, to - from), backgroundPositionX: -from }}
          />
        )}
        {bars.map((bar) => (
          <VisitBar
            key={bar.taskId}
            bar={bar}
            task={tasks.get(bar.taskId)}
            crewName={crew.name}
            colour={colour}
            scale={scale}
            selected={selected === bar.taskId}
            carried={carried === bar.taskId}
            onPress={props.onPress}
            onSelect={props.onSelect}
            onKey={props.onKey}
          />
        ))}
        {markerMs !== null && (
          <span className={css.marker} style={{ left: xOf(scale, markerMs) }} data-testid="board-marker" />
        )}
      </div>
    </div>
  );
});
