/** Who was on a site, hour by hour, how sure that is, and why. */
import { Select, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePresenceWords } from "../i18n/presence/words";
import { useSearchParams } from "react-router";
import { useSites } from "../api/queries";
import type { Me } from "../api/shapes";
import { zonedFields, zonedInstant } from "../live/ages";
import { serverNow } from "../live/clock";
import { useLiveLink } from "../live/live";
import { ListLoading } from "../map/ListLoading";
import { Empty } from "../ui/Empty";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useProblemWords } from "../ui/problemWords";
import ui from "../ui/ui.module.css";
import { useNow } from "../ui/useNow";
import { useWords } from "../ui/useWords";
import { type Bar, type Row, rowsOf } from "./bars";
import { Board } from "./Board";
import css from "./presence.module.css";
import { useLedger } from "./useLedger";
import { WhyPanel } from "./WhyPanel";

/** The calendar day after "2026-11-25". */
const dayAfter = (day: string) => new Date(Date.parse(`${day}T12:00Z`) + 86_400_000).toISOString().slice(0, 10);

export default function PresencePage({ me }: { me: Me }) {
  const t = usePresenceWords();
  const { t: common } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  useLiveLink();
  const nowMs = useNow(30_000);
  const [params, setParams] = useSearchParams();
  const [chosen, setChosen] = useState<{ row: Row; bar: Bar } | null>(null);
  const sites = useSites();
  const site = params.get("site") ?? sites.data?.[0]?.id ?? null;
  const tz = sites.data?.find((each) => each.id === site)?.tz ?? words.tz;
  const today = zonedFields(serverNow(), tz).date;
  const day = params.get("day") ?? today;
  const ledger = useLedger(site, day);
  const dayMs = Date.parse(zonedInstant(day, "00:00", tz));
  const endMs = Date.parse(zonedInstant(dayAfter(day), "00:00", tz));
  const untilMs = Math.min(endMs, nowMs);
  const rows = useMemo(() => rowsOf(ledger.data ?? [], dayMs, untilMs), [ledger.data, dayMs, untilMs]);

  const choose = (name: "site" | "day", value: string | null) => {
    setChosen(null);
    setParams((before) => {
      if (value === null || value === "") before.delete(name);
      else before.set(name, value);
      return before;
    });
  };

  return (
    <div className={ui.app}>
      <OfficeHeader me={me} />
      <main className={css.page}>
        <div className={css.choice}>
          <h1>{t("title")}</h1>
          <Select
            label={t("site")}
            placeholder={sites.isPending ? common("loading") : t("siteChoose")}
            data={(sites.data ?? []).map((each) => ({ value: each.id, label: `${each.name} · ${each.code}` }))}
            value={site}
            onChange={(value) => choose("site", value)}
            error={sites.error === null ? undefined : problemWords(sites.error)}
            searchable
            nothingFoundMessage={t("noSite")}
            data-testid="presence-site"
          />
          <TextInput
            type="date"
            label={t("day")}
            value={day}
            max={today}
            onChange={(event) => choose("day", event.currentTarget.value)}
            data-testid="presence-day"
          />
          <ul className={css.legend} aria-label={t("legend")}>
            {(["confirmed", "provisional", "gone"] as const).map((sure) => (
              <li key={sure}>
                <span className={css.bar} data-sure={sure} aria-hidden="true" />
                {t(`sure.${sure}`)}
              </li>
            ))}
          </ul>
        </div>
        <div className={css.body}>
          <div className={css.list}>
            {(sites.isPending || (site !== null && ledger.isPending)) && <ListLoading />}
            {sites.data?.length === 0 && site === null && <Empty title={t("none")} hint={t("noneHint")} />}
            {ledger.error !== null && (
              <div role="alert">
                <Empty title={t("failed")} hint={problemWords(ledger.error)} />
              </div>
            )}
            {ledger.data !== undefined && rows.length === 0 && (
              <Empty title={t("empty", { day: words.day(day) })} hint={t("emptyHint")} />
            )}
            {rows.length > 0 && (
              <Board
                rows={rows}
                dayMs={dayMs}
                endMs={endMs}
                nowMs={nowMs}
                chosen={chosen === null ? null : `${chosen.bar.sure} ${chosen.bar.id}`}
                onChoose={(row, bar) => setChosen({ row, bar })}
              />
            )}
          </div>
          {chosen !== null && <WhyPanel row={chosen.row} bar={chosen.bar} onClose={() => setChosen(null)} />}
        </div>
      </main>
    </div>
  );
}
