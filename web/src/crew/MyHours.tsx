/** "Is my week right?": seven days, what each says, its correction or dispute. */
import { Loader } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { DayDetail } from "../attendance/DayDetail";
import { useDays, useSteps } from "../attendance/queries";
import { nextStep } from "../attendance/state";
import att from "../attendance/attendance.module.css";
import type { AttendanceDay, Me } from "../api/shapes";
import { zonedFields } from "../live/ages";
import { serverNow } from "../live/clock";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";

const DAY_MS = 86_400_000;

export function MyHours({ me }: { me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const last = zonedFields(serverNow(), words.tz).date;
  const first = zonedFields(serverNow() - 6 * DAY_MS, words.tz).date;
  const days = useDays({ first, last });
  const worked = (days.data ?? []).reduce((sum, day) => sum + day.worked_s, 0);
  return (
    <>
      <div className={css.top}>
        <h1>{t("mine.hours")}</h1>
        {days.data !== undefined && (
          <span className={css.shift}>{t("mine.week", { worked: words.duration(worked) })}</span>
        )}
      </div>
      {days.isPending && <Loader color="ink" aria-label={t("loading")} mx="auto" my="xl" />}
      {days.error !== null && <p role="alert">{problemWords(days.error)}</p>}
      {days.data?.length === 0 && (
        <Empty title={t("mine.noHours")} hint={t("mine.noHoursHint")} />
      )}
      {[...(days.data ?? [])].reverse().map((day) => (
        <MyDay key={day.day} day={day} me={me} />
      ))}
    </>
  );
}

function MyDay({ day, me }: { day: AttendanceDay; me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const steps = useSteps();
  const [disputing, setDisputing] = useState(false);
  const [why, setWhy] = useState("");
  const step = nextStep(day, me);
  const take = (which: "submit" | "dispute") =>
    steps.mutate(
      { step: which, days: [day], ...(which === "dispute" ? { why } : {}) },
      {
        onSuccess: ({ items }) => {
          const done = items[0]?.done === true;
          toast(
            done ? "good" : "bad",
            done ? t(`attendance.done.${which}`, { count: 1 }) : t("problem.conflict"),
          );
          setDisputing(false);
        },
        onError: (error) => toast("bad", problemWords(error)),
      },
    );
  const date = new Intl.DateTimeFormat(words.lang, {
    weekday: "long",
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  }).format(new Date(`${day.day}T12:00:00Z`));
  const submit = (form: SubmitEvent) => {
    form.preventDefault();
    if (why.trim() !== "") take("dispute");
  };
  return (
    <section className={css.card} data-testid="my-day" data-status={day.status}>
      <div className={css.cardHead}>
        <strong>{date}</strong>
        <span>
          {words.duration(day.worked_s)} · {t(`attendance.status.${day.status}`)}
        </span>
      </div>
      <div className={att.main} data-inset="true">
        <DayDetail day={day} mayFix siteId={null} />
      </div>
      <div className={css.cardButtons}>
        {step === "submit" && (
          <button
            type="button"
            className={css.secondary}
            disabled={steps.isPending}
            onClick={() => take("submit")}
          >
            {t("attendance.step.submit")}
          </button>
        )}
        {day.status !== "open" && !disputing && (
          <button type="button" className={css.secondary} onClick={() => setDisputing(true)}>
            {t("attendance.step.dispute")}
          </button>
        )}
      </div>
      {disputing && (
        <form className={css.disputing} onSubmit={submit}>
          <label>
            {t("mine.disputeWhy")}
            <input value={why} autoFocus maxLength={500} onChange={(e) => setWhy(e.target.value)} />
          </label>
          <button type="submit" className={css.primary} disabled={why.trim() === ""}>
            {t("attendance.step.dispute")}
          </button>
        </form>
      )}
    </section>
  );
}
