/** The crew's phone: the offer, the visit in hand, the day. One thumb, gloves, sun. */
import { Loader } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useMyDay } from "../api/queries";
import type { Me } from "../api/shapes";
import { useLiveLink } from "../live/live";
import { Account } from "../ui/Account";
import { Brand } from "../ui/Brand";
import { Empty } from "../ui/Empty";
import { LinkBadge } from "../ui/LinkBadge";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useNow } from "../ui/useNow";
import css from "./crew.module.css";
import { OfferCard } from "./OfferCard";
import { orderDay } from "./order";
import { openOutbox, useOutbox } from "./outbox";
import { Privacy } from "./Privacy";
import { SyncStrip } from "./SyncStrip";
import { VisitCard } from "./VisitCard";
import { VisitLine } from "./VisitLine";

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
  const problemWords = useProblemWords();
  const day = useMyDay();
  const now = useNow();
  useLiveLink();
  useEffect(openOutbox, []);
  useRefusals();
  const { offers, current, coming, done } = orderDay(day.data?.visits ?? [], now);
  useBuzz(offers.map((visit) => visit.assignment.id));
  const empty = offers.length + coming.length + done.length === 0 && current === null;

  return (
    <div className={css.page}>
      <header className={css.header}>
        <Brand />
        <span className={css.grow} />
        <LinkBadge />
        <Account me={me} />
      </header>
      <SyncStrip />
      <main className={css.main}>
        <div className={css.top}>
          <h1>{day.data?.crew_name ?? me.display_name}</h1>
          {day.data !== undefined && (
            <span className={css.shift} data-on={day.data.on_shift} data-testid="shift-state">
              {t(day.data.on_shift ? "crews.onShift" : "crews.offShift")}
            </span>
          )}
        </div>
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
      </main>
      {me.worker_id !== null && <Privacy />}
    </div>
  );
}
