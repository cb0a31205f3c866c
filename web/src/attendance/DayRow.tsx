/** One worker's line: here or not, from when to when, how long, what is thought of it, its status. */
import { IconChevronDown } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { AttendanceDay, DayStep, Me } from "../api/shapes";
import { may } from "../auth/rights";
import { useWords } from "../ui/useWords";
import css from "./attendance.module.css";
import { DayDetail } from "./DayDetail";
import { nextStep, opinionOf, stateOf } from "./state";
import { VerdictBadge } from "./Verdict";

interface Props {
  day: AttendanceDay;
  me: Me;
  open: boolean;
  busy: boolean;
  siteId: string | null;
  onToggle: () => void;
  onStep: (step: DayStep) => void;
}

export function DayRow({ day, me, open, busy, siteId, onToggle, onStep }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const state = stateOf(day);
  const step = nextStep(day, me);
  const word = opinionOf(day);
  const undo = day.status === "submitted" && may(me, "attendance:submit");
  return (
    <li
      className={css.row}
      data-testid="attendance-row"
      data-worker={day.worker_id}
      data-status={day.status}
      data-state={state}
    >
      <div className={css.line}>
        <button
          type="button"
          className={css.name}
          aria-expanded={open}
          aria-label={t("attendance.details", { name: day.worker_name })}
          data-testid="day-toggle"
          onClick={onToggle}
        >
          <IconChevronDown size={18} className={css.chevron} aria-hidden="true" />
          <span>
            <strong>{day.worker_name}</strong>
            <span className={css.state} data-state={state}>
              {t(`attendance.${state}`)}
            </span>
          </span>
        </button>
        <span className={css.spans}>
          {day.intervals.map((interval) => (
            <span key={interval.in_at}>
              {interval.out_at === null
                ? t("attendance.since", { time: words.time(interval.in_at) })
                : t("attendance.until", {
                    start: words.time(interval.in_at),
                    end: words.time(interval.out_at),
                  })}
              {interval.site_name !== null && <em>{interval.site_name}</em>}
            </span>
          ))}
        </span>
        <span className={css.hours}>
          <span>
            <small>{t("attendance.worked")}</small>
            {words.duration(day.worked_s)}
          </span>
          <span>
            <small>{t("attendance.breaks")}</small>
            {words.duration(day.break_s)}
          </span>
        </span>
        <span className={css.opinion}>
          {word !== null && <VerdictBadge word={word} />}
        </span>
        <span className={css.agreed}>
          <span className={css.status} data-status={day.status} data-changed={day.changed}>
            {t(`attendance.status.${day.status}`)}
          </span>
          {step !== null && (
            <button
              type="button"
              className={css.small}
              disabled={busy}
              data-testid={`step-${step}`}
              onClick={() => onStep(step)}
            >
              {t(`attendance.step.${step}`)}
            </button>
          )}
          {undo && (
            <button
              type="button"
              className={css.small}
              disabled={busy}
              data-testid="step-withdraw"
              onClick={() => onStep("withdraw")}
            >
              {t("attendance.step.withdraw")}
            </button>
          )}
        </span>
      </div>
      {open && <DayDetail day={day} mayFix={may(me, "attendance:correct")} siteId={siteId} />}
    </li>
  );
}
