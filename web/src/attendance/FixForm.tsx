/** Correct an entry, take it back, or add one that was forgotten; always with a reason. */
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttendanceEvent, AttendanceKind } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { zonedFields, zonedInstant } from "../live/ages";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import css from "./attendance.module.css";
import { useFix } from "./queries";

const KINDS: readonly AttendanceKind[] = ["in", "break_start", "break_end", "out"];

interface Props {
  /** What is corrected; null adds an entry. */
  event: AttendanceEvent | null;
  workerId: string;
  day: string;
  tz: string;
  siteId: string | null;
  onDone: () => void;
}

export function FixForm({ event, workerId, day, tz, siteId, onDone }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const fix = useFix();
  const before = event === null ? null : zonedFields(Date.parse(event.device_at), tz);
  const [time, setTime] = useState(before?.time ?? "");
  const [kind, setKind] = useState<AttendanceKind>(event?.kind ?? "out");
  const [why, setWhy] = useState("");
  const [incomplete, setIncomplete] = useState(false);
  const [id] = useState(uuid7);

  function save(taken: boolean): void {
    if (why.trim() === "" || time === "") {
      setIncomplete(true);
      return;
    }
    const at = zonedInstant(before?.date ?? day, time, tz);
    const body =
      event === null
        ? { id, kind, worker_id: workerId, site_id: siteId, device_at: at, why }
        : taken
          ? { id, why, void: true }
          : // An unchanged time keeps its seconds.
            { id, why, kind, ...(time === before?.time ? {} : { device_at: at }) };
    fix.mutate(
      { eventId: event?.id ?? null, body },
      {
        onSuccess: () => {
          toast("good", t("attendance.saved"));
          onDone();
        },
        onError: (error) => toast("bad", problemWords(error)),
      },
    );
  }

  const submit = (form: SubmitEvent) => {
    form.preventDefault();
    save(false);
  };

  return (
    <form className={css.fix} onSubmit={submit} data-testid="fix-form">
      <strong>
        {event === null
          ? t("attendance.add")
          : t("attendance.correctTitle", {
              kind: t(`attendance.kind.${event.kind}`),
              time: words.time(event.device_at),
            })}
      </strong>
      <div className={css.fields}>
        <label>
          {t("attendance.kindLabel")}
          <select value={kind} onChange={(e) => setKind(e.target.value as AttendanceKind)}>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t(`attendance.kind.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("attendance.time")}
          <input
            type="time"
            value={time}
            autoFocus
            data-testid="fix-time"
            onChange={(e) => setTime(e.target.value)}
          />
        </label>
        <label className={css.wide}>
          {t("attendance.why")}
          <input
            value={why}
            maxLength={500}
            placeholder={t("attendance.whyHint")}
            data-testid="fix-why"
            onChange={(e) => setWhy(e.target.value)}
          />
        </label>
      </div>
      {incomplete && (
        <p className={css.fault} role="alert">
          {t("attendance.incomplete")}
        </p>
      )}
      <div className={css.buttons}>
        <button type="submit" className={css.strong} disabled={fix.isPending} data-testid="fix-save">
          {t("attendance.save")}
        </button>
        {event !== null && (
          <button type="button" disabled={fix.isPending} onClick={() => save(true)}>
            {t("attendance.void")}
          </button>
        )}
        <button type="button" onClick={onDone}>
          {t("attendance.cancel")}
        </button>
      </div>
    </form>
  );
}
