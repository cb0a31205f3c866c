/** Rows of bars over the hours of a day; each bar is a button that shows why. */
import { UnstyledButton } from "@mantine/core";
import { usePresenceWords } from "../i18n/presence/words";
import { useWords } from "../ui/useWords";
import type { Bar, Row } from "./bars";
import css from "./presence.module.css";

const HOUR_MS = 3_600_000;

interface Shown {
  rows: Row[];
  dayMs: number;
  endMs: number;
  nowMs: number;
  chosen: string | null;
  onChoose: (row: Row, bar: Bar) => void;
}

export function Board({ rows, dayMs, endMs, nowMs, chosen, onChoose }: Shown) {
  const t = usePresenceWords();
  const words = useWords();
  const share = (atMs: number) => `${(100 * (Math.min(atMs, endMs) - dayMs)) / (endMs - dayMs)}%`;
  const hours = Array.from({ length: Math.round((endMs - dayMs) / HOUR_MS / 2) }, (_, i) => dayMs + 2 * i * HOUR_MS);
  const said = (row: Row, bar: Bar) =>
    t(`bar.${bar.sure}`, {
      device: row.device,
      fence: row.fence,
      from: words.time(bar.fromMs),
      to: bar.open ? t("now") : words.time(bar.toMs),
    });
  return (
    <div className={css.board} data-testid="presence-board">
      <div className={css.hours} aria-hidden="true">
        {hours.map((atMs) => (
          <span key={atMs} style={{ left: share(atMs) }}>
            {words.time(atMs)}
          </span>
        ))}
      </div>
      <ul>
        {rows.map((row) => (
          <li key={row.key} className={css.row}>
            <span className={css.who}>
              <strong>{row.device}</strong>
              <span>{row.fence}</span>
            </span>
            <div className={css.track}>
              {hours.map((atMs) => (
                <i key={atMs} style={{ left: share(atMs) }} />
              ))}
              {nowMs > dayMs && nowMs < endMs && <b style={{ left: share(nowMs) }} />}
              {row.bars.map((bar) => (
                <UnstyledButton
                  key={`${bar.sure} ${bar.id}`}
                  className={css.bar}
                  data-sure={bar.sure}
                  data-open={bar.open}
                  aria-pressed={chosen === `${bar.sure} ${bar.id}`}
                  aria-label={said(row, bar)}
                  title={said(row, bar)}
                  style={{ left: share(bar.fromMs), width: `calc(${share(dayMs + bar.toMs - bar.fromMs)})` }}
                  onClick={() => onChoose(row, bar)}
                />
              ))}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
