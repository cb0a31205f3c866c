/** The visit in hand: where, one big button, photos. */
import { IconClock, IconMapPin, IconNavigation, IconPlayerPlay, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Visit } from "../api/shapes";
import { serverNow } from "../live/clock";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";
import { geoUri } from "./order";
import { send, useOutbox } from "./outbox";
import { PhotoStrip } from "./PhotoStrip";

export function VisitCard({ visit }: { visit: Visit }) {
  const { t } = useTranslation();
  const words = useWords();
  const { assignment, task, site } = visit;
  const busy = useOutbox((state) => state.items.some((item) => item.about === assignment.id));
  const started = assignment.state === "started";
  const where = geoUri(visit);

  const step = (name: "start" | "done") =>
    send(
      `/assignments/${assignment.id}/${name}`,
      { version: assignment.version, at: new Date(serverNow()).toISOString() },
      assignment.id,
    );

  return (
    <article
      className={css.visit}
      data-testid="visit-card"
      data-assignment={assignment.id}
      data-state={assignment.state}
    >
      <div className={css.visitHead} data-state={assignment.state}>
        {t(started ? "visit.working" : "visit.next")}
      </div>
      <h2>{task.title}</h2>
      <p className={css.fact}>
        <IconMapPin size={20} aria-hidden="true" />
        <span>{[site.name, site.address].filter((part) => part !== null).join(", ")}</span>
      </p>
      <p className={css.fact}>
        <IconClock size={20} aria-hidden="true" />
        <span>
          {t(started ? "visit.until" : "visit.when", {
            start: words.time(assignment.start_at),
            end: words.time(assignment.end_at),
            duration: words.duration(task.duration_s),
          })}
        </span>
      </p>
      {task.description !== null && task.description !== "" && (
        <p className={css.description}>{task.description}</p>
      )}
      {started && <PhotoStrip taskId={task.id} />}
      {!started && where !== null && (
        <a className={css.navigate} href={where} data-testid="navigate">
          <IconNavigation size={22} aria-hidden="true" />
          {t("visit.navigate")}
        </a>
      )}
      {started ? (
        <button
          type="button"
          className={css.primary}
          disabled={busy}
          data-testid="visit-done"
          onClick={() => step("done")}
        >
          <IconCheck size={24} stroke={2.4} aria-hidden="true" />
          {t(busy ? "sending" : "visit.finish")}
        </button>
      ) : (
        <button
          type="button"
          className={css.primary}
          disabled={busy}
          data-testid="visit-start"
          onClick={() => step("start")}
        >
          <IconPlayerPlay size={24} stroke={2.2} aria-hidden="true" />
          {t(busy ? "sending" : "visit.begin")}
        </button>
      )}
    </article>
  );
}
