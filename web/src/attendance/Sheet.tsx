/** The day's lines by crew, and the steps one takes with several at once; a submission can be undone. */
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttendanceDay, DayStep, Me } from "../api/shapes";
import { grouped } from "../ui/grouped";
import { useProblemWords } from "../ui/problemWords";
import { toast, toastWithUndo } from "../ui/toasts";
import css from "./attendance.module.css";
import { DayRow } from "./DayRow";
import { useSteps } from "./queries";
import { needsLook, nextStep, stateOf } from "./state";

const TOGETHER = ["submit", "validate", "lock"] as const;

export function Sheet({ days, me, siteId }: { days: AttendanceDay[]; me: Me; siteId: string | null }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const steps = useSteps();
  const [open, setOpen] = useState<string | null>(null);
  const [reopening, setReopening] = useState<AttendanceDay | null>(null);
  const crews = [...grouped(days, (day) => day.crew_name ?? "")].sort(([a], [b]) =>
    a === "" ? 1 : b === "" ? -1 : a.localeCompare(b),
  );

  function take(step: DayStep, which: readonly AttendanceDay[], why?: string): void {
    steps.mutate(
      { step, days: which, ...(why === undefined ? {} : { why }) },
      {
        onSuccess: ({ items }) => {
          const done = which.filter((_, i) => items[i]?.done === true);
          const refused = items.find((item) => !item.done);
          const words = t(`attendance.done.${step}`, { count: done.length });
          if (done.length > 0 && step === "submit") {
            toastWithUndo(words, t("attendance.undo"), () => take("withdraw", done));
          } else if (done.length > 0) toast("good", words);
          if (refused !== undefined) toast("bad", refusal(t, refused.code));
        },
        onError: (error) => toast("bad", problemWords(error)),
      },
    );
  }

  return (
    <>
      <div className={css.summary}>
        <span data-testid="summary">
          {t("attendance.summary", {
            here: days.filter((day) => ["here", "onBreak"].includes(stateOf(day))).length,
            missing: days.filter((day) => stateOf(day) === "absent").length,
            check: days.filter(needsLook).length,
          })}
        </span>
        <span className={css.grow} />
        {TOGETHER.map((step) => {
          const which = days.filter((day) => nextStep(day, me) === step);
          return which.length === 0 ? null : (
            <button
              key={step}
              type="button"
              className={css.small}
              disabled={steps.isPending}
              data-testid={`all-${step}`}
              onClick={() => take(step, which)}
            >
              {t(`attendance.stepAll.${step}`, { count: which.length })}
            </button>
          );
        })}
      </div>
      {reopening !== null && (
        <Reopen
          day={reopening}
          onDone={(why) => {
            if (why !== null) take("reopen", [reopening], why);
            setReopening(null);
          }}
        />
      )}
      {crews.map(([crew, members]) => (
        <section key={crew} className={css.crew}>
          <h2>{crew === "" ? t("attendance.noCrew") : crew}</h2>
          <ul className={css.rows}>
            {members.map((day) => (
              <DayRow
                key={day.worker_id}
                day={day}
                me={me}
                siteId={siteId}
                open={open === day.worker_id}
                busy={steps.isPending}
                onToggle={() => setOpen(open === day.worker_id ? null : day.worker_id)}
                onStep={(step) => (step === "reopen" ? setReopening(day) : take(step, [day]))}
              />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Reopen({ day, onDone }: { day: AttendanceDay; onDone: (why: string | null) => void }) {
  const { t } = useTranslation();
  const [why, setWhy] = useState("");
  return (
    <form
      className={css.fix}
      onSubmit={(form) => {
        form.preventDefault();
        if (why.trim() !== "") onDone(why);
      }}
    >
      <label className={css.wide}>
        {`${t("attendance.step.reopen")} : ${day.worker_name}. ${t("attendance.why")}`}
        <input value={why} autoFocus maxLength={500} onChange={(e) => setWhy(e.target.value)} />
      </label>
      <div className={css.buttons}>
        <button type="submit" className={css.strong} disabled={why.trim() === ""}>
          {t("attendance.step.reopen")}
        </button>
        <button type="button" onClick={() => onDone(null)}>
          {t("attendance.cancel")}
        </button>
      </div>
    </form>
  );
}

function refusal(t: TFunction, code: string | null | undefined): string {
  switch (code) {
    case "day_unfinished":
    case "day_empty":
    case "day_elsewhere":
    case "own_work":
    case "bad_step":
      return t(`problem.${code}`);
    default:
      return t("problem.unexpected");
  }
}
