/** One worker's day, event by event: what was said, where from, what is odd, and its correction. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttendanceDay, AttendanceEvent } from "../api/shapes";
import { useWords } from "../ui/useWords";
import css from "./attendance.module.css";
import { FixForm } from "./FixForm";
import { Oddities, VerdictBadge } from "./Verdict";

interface Props {
  day: AttendanceDay;
  mayFix: boolean;
  siteId: string | null;
}

export function DayDetail({ day, mayFix, siteId }: Props) {
  const { t } = useTranslation();
  const [fixing, setFixing] = useState<string | null>(null);
  const open = mayFix && (day.status === "open" || day.status === "submitted");
  const form = (event: AttendanceEvent | null) => (
    <FixForm
      event={event}
      workerId={day.worker_id}
      day={day.day}
      tz={day.tz}
      siteId={day.intervals[0]?.site_id ?? siteId}
      onDone={() => setFixing(null)}
    />
  );
  return (
    <div className={css.detail} data-testid="day-detail">
      <Oddities items={day.flags} />
      {day.changed && <p className={css.fault}>{t("attendance.changed")}</p>}
      {day.dispute !== null && (
        <p className={css.fault}>{t("attendance.dispute", { why: day.dispute })}</p>
      )}
      {day.validated_by !== null && (
        <p className={css.quiet}>{t("attendance.validatedBy", { name: day.validated_by })}</p>
      )}
      <ol className={css.events}>
        {day.events.map((event) => (
          <li key={event.id} data-stands={event.stands}>
            <EventLine event={event} />
            {open && event.stands && fixing !== event.id && (
              <button
                type="button"
                className={css.small}
                data-testid="correct"
                onClick={() => setFixing(event.id)}
              >
                {t("attendance.correct")}
              </button>
            )}
            {fixing === event.id && form(event)}
          </li>
        ))}
      </ol>
      {open && fixing !== "new" && (
        <button type="button" className={css.small} data-testid="add" onClick={() => setFixing("new")}>
          {t("attendance.add")}
        </button>
      )}
      {fixing === "new" && form(null)}
    </div>
  );
}

function EventLine({ event }: { event: AttendanceEvent }) {
  const { t } = useTranslation();
  const words = useWords();
  const facts = [
    t(`attendance.source.${event.source}`),
    event.distance_m === null
      ? null
      : event.distance_m < 1
        ? t("attendance.inside")
        : t("attendance.distance", { value: Math.round(event.distance_m) }),
    event.accuracy_m === null
      ? null
      : t("attendance.accuracy", { value: Math.round(event.accuracy_m) }),
    event.why,
    event.stands ? null : t("attendance.replaced"),
  ];
  return (
    <div className={css.event}>
      <span className={css.when}>{words.time(event.device_at)}</span>
      <span className={css.what}>
        <strong>{t(`attendance.kind.${event.kind}`)}</strong>
        <span>{facts.filter((fact) => fact !== null).join(" · ")}</span>
        {event.stands && <Oddities items={event.reasons ?? []} />}
      </span>
      {event.stands && event.verdict !== null && <VerdictBadge word={event.verdict} />}
    </div>
  );
}
