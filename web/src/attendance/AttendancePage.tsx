/** The chef's sheet of the day: who is here, since when, what to look at, and the agreement. */
import { Loader } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconUsersGroup } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSites } from "../api/queries";
import type { Me } from "../api/shapes";
import { may } from "../auth/rights";
import { zonedFields } from "../live/ages";
import { serverNow } from "../live/clock";
import { useLiveLink } from "../live/live";
import { Empty } from "../ui/Empty";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useProblemWords } from "../ui/problemWords";
import { useWords } from "../ui/useWords";
import css from "./attendance.module.css";
import { useDays } from "./queries";
import { RollCall } from "./RollCall";
import { Sheet } from "./Sheet";

export default function AttendancePage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const today = zonedFields(serverNow(), words.tz).date;
  const [day, setDay] = useState(today);
  const [siteId, setSiteId] = useState<string | undefined>();
  const [calling, setCalling] = useState(false);
  const sites = useSites();
  const days = useDays({ first: day, siteId });
  useLiveLink();

  return (
    <div className={css.page}>
      <OfficeHeader me={me} />
      <main className={css.main}>
        <div className={css.top}>
          <h1>{t("attendance.title")}</h1>
          <DayChoice day={day} today={today} onChange={setDay} />
          <label className={css.site}>
            <span>{t("attendance.site")}</span>
            <select
              value={siteId ?? ""}
              data-testid="site-filter"
              onChange={(e) => setSiteId(e.target.value === "" ? undefined : e.target.value)}
            >
              <option value="">{t("attendance.allSites")}</option>
              {sites.data?.map((site) => (
                <option key={site.id} value={site.id}>
                  {site.name}
                </option>
              ))}
            </select>
          </label>
          <span className={css.grow} />
          {may(me, "attendance:create") && (
            <button
              type="button"
              className={css.strong}
              aria-expanded={calling}
              data-testid="roll-open"
              onClick={() => setCalling(!calling)}
            >
              <IconUsersGroup size={19} aria-hidden="true" />
              {t("roll.open")}
            </button>
          )}
        </div>
        {calling && sites.data !== undefined && (
          <RollCall
            sites={sites.data}
            siteId={siteId}
            day={day}
            days={days.data ?? []}
            onDone={() => setCalling(false)}
          />
        )}
        {days.isPending && (
          <Loader color="ink" aria-label={t("attendance.loading")} mx="auto" my="xl" />
        )}
        {days.error !== null && (
          <p role="alert" className={css.fault}>
            {problemWords(days.error)}{" "}
            <button type="button" className={css.small} onClick={() => void days.refetch()}>
              {t("retry")}
            </button>
          </p>
        )}
        {days.data?.length === 0 && (
          <Empty title={t("attendance.none")} hint={t("attendance.noneHint")} />
        )}
        {days.data !== undefined && days.data.length > 0 && (
          <Sheet days={days.data} me={me} siteId={siteId ?? null} />
        )}
      </main>
    </div>
  );
}

function DayChoice(props: { day: string; today: string; onChange: (day: string) => void }) {
  const { t } = useTranslation();
  const by = (days: number) => {
    const at = new Date(`${props.day}T12:00:00Z`);
    at.setUTCDate(at.getUTCDate() + days);
    props.onChange(at.toISOString().slice(0, 10));
  };
  return (
    <div className={css.dayChoice}>
      <button type="button" aria-label={t("attendance.before")} onClick={() => by(-1)}>
        <IconChevronLeft size={18} />
      </button>
      <input
        type="date"
        aria-label={t("attendance.day")}
        value={props.day}
        max={props.today}
        data-testid="day"
        onChange={(e) => e.target.value !== "" && props.onChange(e.target.value)}
      />
      <button
        type="button"
        aria-label={t("attendance.after")}
        disabled={props.day >= props.today}
        onClick={() => by(1)}
      >
        <IconChevronRight size={18} />
      </button>
    </div>
  );
}
