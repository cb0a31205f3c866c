/** The bar under the map: play, speed, the day as a slider, and what is known at the playhead. */
import { ActionIcon, SegmentedControl } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useWords } from "../ui/useWords";
import { type Mark, placeAt } from "./playback";
import css from "./replay.module.css";
import { type Playhead, type Rate, RATES } from "./usePlayhead";

export function Player({ playhead, marks }: { playhead: Playhead; marks: readonly Mark[] }) {
  const { t } = useTranslation();
  const words = useWords();
  const { atMs, playing, rate } = playhead;
  const first = marks[0]?.atMs ?? 0;
  const last = marks[marks.length - 1]?.atMs ?? 0;
  const place = placeAt(marks, atMs);
  const state = place?.state ?? "gap";
  const age = place !== null && place.ageMs > 0 ? words.duration(place.ageMs / 1000) : null;
  const said = age === null ? t(`replay.state.${state}`) : t("replay.seenAgo", { age });

  return (
    <div className={css.player} data-testid="player" data-playing={playing} data-state={state}>
      <ActionIcon
        size={44}
        radius="xl"
        aria-label={t(playing ? "replay.pause" : "replay.play")}
        data-testid="play"
        onClick={playhead.toggle}
      >
        {playing ? <IconPlayerPauseFilled size={20} /> : <IconPlayerPlayFilled size={20} />}
      </ActionIcon>
      <div className={css.playheadWords} aria-live="off">
        <strong data-testid="playhead" data-at={Math.round(atMs)}>
          {words.time(atMs)}
        </strong>
        <span data-state={state}>{said}</span>
      </div>
      <span className={css.slider}>
        <time>{words.time(first)}</time>
        <input
          type="range"
          min={first}
          max={last}
          step={1000}
          value={atMs}
          aria-label={t("replay.scrub")}
          aria-valuetext={`${words.time(atMs)}, ${said}`}
          data-testid="scrub"
          onChange={(event) => playhead.seek(Number(event.currentTarget.value))}
        />
        <time>{words.time(last)}</time>
      </span>
      <SegmentedControl
        size="xs"
        aria-label={t("replay.rate")}
        value={String(rate)}
        data={RATES.map((each) => ({ value: String(each), label: `×${each}` }))}
        onChange={(value) => playhead.setRate(Number(value) as Rate)}
      />
    </div>
  );
}
