/** "Am I counted, since when?": one big button, the position of this moment alone, sent when it can. */
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSites } from "../api/queries";
import { useDays } from "../attendance/queries";
import { stateOf, type State } from "../attendance/state";
import { Oddities, VerdictBadge } from "../attendance/Verdict";
import type { AttendanceDay, AttendanceKind, Site } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { zonedFields } from "../live/ages";
import { serverNow } from "../live/clock";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";
import { type Item, send, useOutbox } from "./outbox";
import { placeNow } from "./place";

const ABOUT = "attendance";

/** What the buttons offer, from the last thing said, heard or not. */
const NEXT: Record<State, readonly AttendanceKind[]> = {
  absent: ["in"],
  left: ["in"],
  forgotten: ["in"],
  here: ["out", "break_start"],
  onBreak: ["break_end", "out"],
};
const AFTER: Record<AttendanceKind, State> = {
  in: "here",
  out: "left",
  break_start: "onBreak",
  break_end: "here",
};

function lastSaid(items: readonly Item[]): AttendanceKind | null {
  const mine = items.filter((item) => item.about === ABOUT).at(-1);
  return mine === undefined ? null : (mine.body as { kind: AttendanceKind }).kind;
}

export function Punch({ sites: todays }: { sites: readonly Site[] }) {
  const { t } = useTranslation();
  const words = useWords();
  const today = zonedFields(serverNow(), words.tz).date;
  const days = useDays({ first: today });
  const items = useOutbox((state) => state.items);
  const [siteId, setSiteId] = useState<string | null>(null);
  const others = useSites();
  // Today's sites first; where one worked before can be chosen, and is never assumed.
  const sites = [
    ...new Map([...todays, ...(others.data ?? [])].map((each) => [each.id, each])).values(),
  ];
  const [busy, setBusy] = useState(false);
  const day = days.data?.[0];
  const pending = lastSaid(items);
  const state = pending === null ? (day === undefined ? "absent" : stateOf(day)) : AFTER[pending];
  const site = siteId ?? day?.intervals.at(-1)?.site_id ?? todays[0]?.id ?? null;

  async function say(kind: AttendanceKind): Promise<void> {
    // The moment of the tap counts, not the one at which a position was found.
    const at = new Date().toISOString();
    setBusy(true);
    const place = kind === "in" || kind === "out" ? await placeNow() : {};
    setBusy(false);
    const body = { id: uuid7(), kind, site_id: site, device_at: at, ...place };
    send("/attendance", body, ABOUT, { stamped: true });
  }

  return (
    <section className={css.punch} data-testid="punch" data-state={state}>
      <div className={css.punchHead}>
        <strong>{stateWords(t, state, day, words.time)}</strong>
        {day !== undefined && day.worked_s > 0 && (
          <span>{t("punch.today", { worked: words.duration(day.worked_s) })}</span>
        )}
        {pending !== null && <span className={css.unsent}>{t("punch.waiting")}</span>}
        {busy && <span role="status">{t("punch.locating")}</span>}
      </div>
      {(sites.length > 1 || (sites.length === 1 && site === null)) && (
        <label className={css.punchSite}>
          {t("punch.site")}
          <select value={site ?? ""} onChange={(e) => setSiteId(e.target.value)}>
            {site === null && <option value="">{t("punch.noSite")}</option>}
            {sites.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <div className={css.punchButtons}>
        {NEXT[state].map((kind, i) => (
          <button
            key={kind}
            type="button"
            className={i === 0 ? css.primary : css.secondary}
            disabled={busy || days.isPending}
            data-testid={`punch-${kind}`}
            onClick={() => void say(kind)}
          >
            {t(`punch.${kind}`)}
          </button>
        ))}
      </div>
      <Thought day={day} />
    </section>
  );
}

/** The last declaration's verdict: the worker sees what the chef will see. */
function Thought({ day }: { day: AttendanceDay | undefined }) {
  const last = day?.events.filter((event) => event.stands).at(-1);
  if (last === undefined || last.verdict === null || last.verdict === "conform") return null;
  return (
    <div className={css.thought}>
      <VerdictBadge word={last.verdict} />
      <Oddities items={last.reasons ?? []} />
    </div>
  );
}

function stateWords(
  t: TFunction,
  state: State,
  day: AttendanceDay | undefined,
  time: (iso: string) => string,
): string {
  const since = day?.intervals.at(-1);
  if (state === "here" && since?.out_at === null) {
    return t("punch.here", { time: time(since.in_at) });
  }
  if (state === "here") return t("attendance.here");
  if (state === "forgotten") return t("attendance.forgotten");
  return t(state === "onBreak" ? "punch.onBreak" : state === "left" ? "punch.left" : "punch.off");
}
