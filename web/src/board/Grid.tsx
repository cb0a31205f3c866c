/** Crews × hours: the axis, a line a crew, and the line of now. */
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Crew } from "../api/shapes";
import type { World } from "../live/world";
import { crewColours, INK } from "../ui/colours";
import { Empty } from "../ui/Empty";
import { useNow } from "../ui/useNow";
import { useWords } from "../ui/useWords";
import { type Arrangement, type Bar, markerAt, positionAt } from "./arrangement";
import css from "./board.module.css";
import type { Held } from "./keys";
import { Lane } from "./Lane";
import { msAt, type Scale, ticks, widthOf, xOf } from "./scale";
import type { Over } from "./useDrag";

interface Props {
  world: World;
  crews: readonly Crew[];
  lanes: Arrangement["lanes"];
  scale: Scale;
  selected: string | null;
  carried: string | null;
  over: Over;
  held: Held | null;
  onPress: (taskId: string, event: React.PointerEvent) => void;
  onSelect: (taskId: string) => void;
  onKey: (taskId: string, event: React.KeyboardEvent) => void;
}

const NO_BARS: readonly Bar[] = [];

/** Where the carried task would land in this lane, if over it. */
function markerOf(props: Props, crewId: string, bars: readonly Bar[], nowMs: number) {
  const { held, over, carried, scale } = props;
  if (carried === null) return null;
  if (held !== null) {
    return held.crewId === crewId ? (markerAt(bars, carried, held.position) ?? nowMs) : null;
  }
  if (over === null || over === "tray" || over.crewId !== crewId) return null;
  const at = msAt(scale, over.x);
  return markerAt(bars, carried, positionAt(bars, carried, at)) ?? at;
}

export function Grid(props: Props) {
  const { world, crews, lanes, scale, selected, carried, ...on } = props;
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow(30_000);
  const box = useRef<HTMLDivElement>(null);
  const colours = useMemo(() => crewColours(world.crews.values()), [world.crews]);

  // Opens on now, an hour of the past in sight.
  const loaded = world.at !== null;
  useEffect(() => {
    if (loaded && box.current !== null) {
      box.current.scrollLeft = Math.max(0, xOf(scale, now) - scale.pxPerHour);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when opened
  }, [loaded]);

  if (crews.length === 0) return <Empty title={t("board.noCrews")} hint={t("board.noCrewsHint")} />;
  return (
    <div className={css.grid} ref={box} role="table" aria-label={t("board.crews")}>
      <div className={css.axis} role="row" style={{ "--hour": `${scale.pxPerHour}px` } as React.CSSProperties}>
        <div className={css.corner} role="columnheader">
          {t("board.crews")}
        </div>
        <div className={css.hours} style={{ width: widthOf(scale) }} role="columnheader">
          {ticks(scale).map((ms) => (
            <span key={ms} className={css.hour} style={{ left: xOf(scale, ms) }}>
              {words.time(ms)}
            </span>
          ))}
          <span className={css.nowLabel} style={{ "--now": `${xOf(scale, now)}px` } as React.CSSProperties}>
            {t("board.now")}
          </span>
        </div>
      </div>
      <div className={css.lanes} style={{ "--hour": `${scale.pxPerHour}px` } as React.CSSProperties}>
        {crews.map((crew) => {
          const bars = lanes.get(crew.id) ?? NO_BARS;
          return (
            <Lane
              key={crew.id}
              crew={crew}
              bars={bars}
              tasks={world.tasks}
              colour={colours.get(crew.id) ?? INK}
              scale={scale}
              selected={selected}
              carried={carried}
              markerMs={markerOf(props, crew.id, bars, now)}
              onPress={on.onPress}
              onSelect={on.onSelect}
              onKey={on.onKey}
            />
          );
        })}
        <span className={css.nowLine} style={{ left: `calc(var(--crew-width) + ${xOf(scale, now)}px)` }} aria-hidden="true" />
      </div>
    </div>
  );
}
