/** The day's trips and stops beside the map; a click goes there. */
import { UnstyledButton } from "@mantine/core";
import { IconMapPin, IconRoute, IconWifiOff } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { useWords } from "../ui/useWords";
import type { Entry } from "./entries";
import css from "./replay.module.css";

const ICONS = { trip: IconRoute, stop: IconMapPin, gap: IconWifiOff };

function title(t: TFunction, lang: string, entry: Entry): string {
  if (entry.kind === "gap") return t("replay.gap");
  if (entry.kind === "stop") {
    return t("replay.stop", { number: entry.number, place: entry.site ?? t("replay.elsewhere") });
  }
  const km = (entry.distanceM / 1000).toLocaleString(lang, { maximumFractionDigits: 1 });
  return t("replay.trip", { km });
}

interface Listed {
  entries: readonly Entry[];
  atMs: number;
  onSeek: (atMs: number) => void;
}

export function Timeline({ entries, atMs, onSeek }: Listed) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <ol className={css.timeline} aria-label={t("replay.list")} data-testid="replay-list">
      {entries.map((entry) => {
        const Icon = ICONS[entry.kind];
        const here = entry.fromMs <= atMs && atMs < entry.toMs;
        return (
          <li key={`${entry.kind} ${entry.id}`} data-kind={entry.kind}>
            <UnstyledButton
              className={css.entry}
              aria-current={here ? "true" : undefined}
              onClick={() => onSeek(entry.fromMs)}
            >
              <Icon size={19} stroke={1.7} aria-hidden="true" />
              <span className={css.entryWords}>
                <strong>{title(t, words.lang, entry)}</strong>
                <span>
                  {words.time(entry.fromMs)} – {entry.open ? t("replay.ongoing") : words.time(entry.toMs)}
                  {" · "}
                  {words.duration((entry.toMs - entry.fromMs) / 1000)}
                </span>
              </span>
            </UnstyledButton>
          </li>
        );
      })}
    </ol>
  );
}
