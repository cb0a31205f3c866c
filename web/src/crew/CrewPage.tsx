/** The crew's phone: the offer, the visit in hand, the day. One thumb, gloves, sun. */
import { Loader } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Route, Routes } from "react-router";
import { useMyDay } from "../api/queries";
import type { Me, Site, Visit } from "../api/shapes";
import { useLiveLink } from "../live/live";
import { Account } from "../ui/Account";
import { Brand } from "../ui/Brand";
import { Empty } from "../ui/Empty";
import { LinkBadge } from "../ui/LinkBadge";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useNow } from "../ui/useNow";
import css from "./crew.module.css";
import { Ledger } from "./Ledger";
import { MyHours } from "./MyHours";
import { OfferCard } from "./OfferCard";
import { orderDay } from "./order";
import { openOutbox, useOutbox } from "./outbox";
import { Privacy } from "./Privacy";
import { Punch } from "./Punch";
import { SyncStrip } from "./SyncStrip";
import { VisitCard } from "./VisitCard";
import { VisitLine } from "./VisitLine";

const PAGES = [
  { path: "/crew", name: "today" },
  { path: "/crew/hours", name: "hours" },
  { path: "/crew/privacy", name: "privacy" },
] as const;

/** Tell what the server refused; the day was read again, so the screen shows what is true. */
function useRefusals() {
  const problemWords = useProblemWords();
  const refused = useOutbox((state) => state.refused);
  useEffect(() => {
    if (refused === null) return;
    toast("bad", problemWords(refused.error));
    useOutbox.setState({ refused: null });
  }, [refused, problemWords]);
}

/** A phone in a pocket says that an offer came. */
function useBuzz(offers: readonly string[]) {
  const newest = offers.at(-1);
  useEffect(() => {
    if (newest !== undefined && "vibrate" in navigator) navigator.vibrate([180, 90, 180]);
  }, [newest]);
}

export default function CrewPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const day = useMyDay();
  const now = useNow();
  useLiveLink();
  useEffect(openOutbox, []);
  useRefusals();
  const { offers } = orderDay(day.data?.visits ?? [], now);
  useBuzz(offers.map((visit) => visit.assignment.id));

  return (
    <div className={css.page}>
      <header className={css.header}>
        <Brand />
        <span className={css.grow} />
        <LinkBadge />
        <Account me={me} />
      </header>
      <SyncStrip />
      <nav className={css.tabs} aria-label={t("mine.title")}>
        {PAGES.map(({ path, name }) => (
          <NavLink key={name} to={path} end data-testid={`tab-${name}`}>
            {t(`mine.${name}`)}
          </NavLink>
        ))}
      </nav>
      <main className={css.main}>
        <Routes>
          <Route path="hours" element={<MyHours me={me} />} />
          <Route path="privacy" element={<Ledger />} />
          <Route path="*" element={<Today me={me} />} />
        </Routes>
      </main>
      {me.worker_id !== null && <Privacy />}
    </div>
  );
}

/** The offers, the visit in hand, what is next; and whether one is counted. */
function Today({ me }: { me: Me }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const day = useMyDay();
  const now = useNow();
  const { offers, current, coming, done } = orderDay(day.data?.visits ?? [], now);
  const empty = offers.length + coming.length + done.length === 0 && current === null;
  const sites = sitesOf([...(current === null ? [] : [current]), ...coming, ...offers, ...done]);
  return (
    <>
      <div className={css.top}>
        <h1>{day.data?.crew_name ?? me.display_name}</h1>
        {day.data !== undefined && (
          <span className={css.shift} data-on={day.data.on_shift} data-testid="shift-state">
            {t(day.data.on_shift ? "crews.onShift" : "crews.offShift")}
          </span>
        )}
      </div>
      {me.worker_id !== null && <Punch sites={sites} />}
      {day.isPending && <Loader color="ink" aria-label={t("loading")} mx="auto" my="xl" />}
      {day.error !== null && <p role="alert">{problemWords(day.error)}</p>}
      {offers.map((visit) => (
        <OfferCard key={visit.assignment.id} visit={visit} now={now} />
      ))}
      {current !== null && <VisitCard key={current.assignment.id} visit={current} />}
      {coming.length > 0 && <h2>{t("crew.coming")}</h2>}
      {coming.map((visit) => (
        <VisitLine key={visit.assignment.id} visit={visit} />
      ))}
      {done.length > 0 && <h2>{t("crew.done", { count: done.length })}</h2>}
      {done.map((visit) => (
        <VisitLine key={visit.assignment.id} visit={visit} />
      ))}
      {day.data !== undefined && empty && (
        <Empty
          title={t(day.data.crew_id === null ? "crew.noCrew" : "crew.nothing")}
          hint={t(day.data.crew_id === null ? "crew.noCrewHint" : "crew.nothingHint")}
        />
      )}
    </>
  );
}

/** The day's sites, the one in hand first. */
function sitesOf(visits: readonly Visit[]): Site[] {
  return [...new Map(visits.map((visit) => [visit.site.id, visit.site])).values()];
}
