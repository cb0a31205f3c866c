/** The roll-call: the crew is all present until one taps who is not; nothing is sent before. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttendanceDay, AttendanceKind, Crew, Site } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { serverNow } from "../live/clock";
import { zonedFields, zonedInstant } from "../live/ages";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import css from "./attendance.module.css";
import { useCrews, useRollCall } from "./queries";
import { stateOf } from "./state";

const KINDS: readonly AttendanceKind[] = ["in", "break_start", "break_end", "out"];

interface Props {
  sites: readonly Site[];
  siteId: string | undefined;
  day: string;
  days: readonly AttendanceDay[];
  onDone: () => void;
}

export function RollCall({ sites, siteId, day, days, onDone }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const crews = useCrews();
  const call = useRollCall();
  const [site, setSite] = useState(siteId ?? sites[0]?.id ?? "");
  const tz = sites.find((each) => each.id === site)?.tz ?? "Europe/Paris";
  const [crewId, setCrewId] = useState("");
  const [kind, setKind] = useState<AttendanceKind>("in");
  const [time, setTime] = useState(() => zonedFields(serverNow(), tz).time);
  const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
  const crew = crews.data?.find((each) => each.id === (crewId || expected(days, crews.data)));
  const present = (crew?.members ?? []).filter((member) => !missing.has(member.worker_id));

  function toggle(worker: string): void {
    const next = new Set(missing);
    if (!next.delete(worker)) next.add(worker);
    setMissing(next);
  }

  function save(): void {
    const at = zonedInstant(day, time, tz);
    call.mutate(
      present.map((member) => ({
        id: uuid7(),
        kind,
        worker_id: member.worker_id,
        site_id: site,
        device_at: at,
      })),
      {
        onSuccess: ({ items }) => {
          const refused = items.filter((item) => !item.done).length;
          toast("good", t("roll.saved", { count: items.length - refused }));
          if (refused > 0) toast("bad", t("roll.refused", { count: refused }));
          onDone();
        },
        onError: (error) => toast("bad", problemWords(error)),
      },
    );
  }

  return (
    <section className={css.roll} aria-label={t("roll.title")} data-testid="roll-call">
      <div className={css.fields}>
        <Choice label={t("attendance.site")} value={site} onChange={setSite} items={sites} />
        <Choice
          label={t("roll.crew")}
          value={crew?.id ?? ""}
          onChange={(id) => {
            setCrewId(id);
            setMissing(new Set());
          }}
          items={crews.data ?? []}
        />
        <label>
          {t("attendance.kindLabel")}
          <select
            value={kind}
            data-testid="roll-kind"
            onChange={(e) => setKind(e.target.value as AttendanceKind)}
          >
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
            data-testid="roll-time"
            onChange={(e) => setTime(e.target.value)}
          />
        </label>
      </div>
      {crews.error !== null && <p role="alert">{problemWords(crews.error)}</p>}
      <p className={css.quiet}>{t("roll.hint")}</p>
      {crew?.members.length === 0 && (
        <Empty title={t("roll.empty")} hint={t("roll.emptyHint")} />
      )}
      <div className={css.people}>
        {crew?.members.map((member) => (
          <button
            key={member.worker_id}
            type="button"
            role="switch"
            aria-checked={!missing.has(member.worker_id)}
            className={css.person}
            data-testid="roll-person"
            onClick={() => toggle(member.worker_id)}
          >
            <strong>{member.name}</strong>
            <span>{t(missing.has(member.worker_id) ? "roll.missing" : "roll.present")}</span>
          </button>
        ))}
      </div>
      <div className={css.buttons}>
        <button
          type="button"
          className={css.strong}
          disabled={call.isPending || present.length === 0 || time === "" || site === ""}
          data-testid="roll-save"
          onClick={save}
        >
          {t("roll.save", { count: present.length })}
        </button>
        <button type="button" onClick={onDone}>
          {t("attendance.cancel")}
        </button>
      </div>
    </section>
  );
}

/** The crew most of whose people have not declared yet today: the one the chef stands before. */
function expected(days: readonly AttendanceDay[], crews: readonly Crew[] | undefined): string {
  const waiting = days.filter((day) => stateOf(day) === "absent" && day.crew_id !== null);
  return waiting[0]?.crew_id ?? days[0]?.crew_id ?? crews?.[0]?.id ?? "";
}

function Choice(props: {
  label: string;
  value: string;
  onChange: (id: string) => void;
  items: readonly { id: string; name: string }[];
}) {
  const { t } = useTranslation();
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={(e) => props.onChange(e.target.value)}>
        {props.value === "" && <option value="">{t("roll.choose")}</option>}
        {props.items.map((item) => (
          <option key={item.id} value={item.id}>
            {item.name}
          </option>
        ))}
      </select>
    </label>
  );
}
