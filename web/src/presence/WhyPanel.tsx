/** Why an entry or an exit is believed, or no longer is. */
import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { usePresenceWords } from "../i18n/presence/words";
import type { PresenceEntry } from "../api/shapes";
import { useWords } from "../ui/useWords";
import type { Bar, Row } from "./bars";
import { Curve } from "./Curve";
import css from "./presence.module.css";
import { whyOf } from "./why";

const RULES = {
  evidence: "rule.evidence",
  fence_closed: "rule.fenceClosed",
  late_fixes: "rule.lateFixes",
} as const;

const percent = (chance: number) => `${(100 * chance).toFixed(chance > 0.99 ? 1 : 0)} %`;

function Entry({ entry }: { entry: PresenceEntry }) {
  const t = usePresenceWords();
  const words = useWords();
  const why = whyOf(entry);
  const facts: [string, string][] = [
    [t("decided"), words.time(entry.detected_at)],
    ...(why.belief === null ? [] : [[t("belief"), percent(why.belief)] as [string, string]]),
    ...(why.edgeM === null ? [] : [[t("edge"), `${Math.round(why.edgeM)} m`] as [string, string]]),
    ...(why.accuracyM === null ? [] : [[t("accuracy"), `${Math.round(why.accuracyM)} m`] as [string, string]]),
    ...(why.confidence === null ? [] : [[t("confidence"), percent(why.confidence)] as [string, string]]),
    ...(why.bufferM === null ? [] : [[t("buffer"), `${why.bufferM} m`] as [string, string]]),
  ];
  const struck = entry.superseded_by !== null;
  const rule = why.rule in RULES ? t(RULES[why.rule as keyof typeof RULES]) : null;
  return (
    <section className={css.entry} data-testid="presence-why">
      <h3 className={struck ? css.struck : undefined}>
        {t(entry.kind, { time: words.time(entry.at) })}
        <span className={css.badge} data-status={struck ? "gone" : entry.status}>
          {t(struck ? "status.superseded" : `status.${entry.status}`)}
        </span>
      </h3>
      {rule !== null && <p>{rule}</p>}
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Curve points={why.curve} confidence={why.confidence} />
    </section>
  );
}

export function WhyPanel({ row, bar, onClose }: { row: Row; bar: Bar; onClose: () => void }) {
  const t = usePresenceWords();
  const { t: common } = useTranslation();
  return (
    <aside className={css.why} aria-label={t("why")} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header>
        <div>
          <strong>{row.device}</strong>
          <span>{row.fence}</span>
        </div>
        <CloseButton aria-label={common("close")} onClick={onClose} autoFocus />
      </header>
      {bar.entered !== null && <Entry entry={bar.entered} />}
      {bar.left !== null && <Entry entry={bar.left} />}
      {bar.entered === null && bar.left === null && <p>{t("noWhy")}</p>}
    </aside>
  );
}
