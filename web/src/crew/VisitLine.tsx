/** A visit that comes later or is done, in one line; photos still on their way stay in sight. */
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Visit } from "../api/shapes";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";
import { PhotoStrip } from "./PhotoStrip";

export function VisitLine({ visit }: { visit: Visit }) {
  const { t } = useTranslation();
  const words = useWords();
  const { assignment, task, site } = visit;
  const done = assignment.state === "done";
  return (
    <article
      className={css.line}
      data-testid="visit-line"
      data-assignment={assignment.id}
      data-state={assignment.state}
    >
      <span className={css.lineTime}>
        {done ? <IconCheck size={24} aria-label={t("state.done")} /> : words.time(assignment.start_at)}
      </span>
      <span className={css.lineMain}>
        <strong>{task.title}</strong>
        <span>{site.name}</span>
        {done && <PhotoStrip taskId={task.id} finished />}
      </span>
      {!done && <span className={css.lineState}>{t(`assignment.${assignment.state}`)}</span>}
    </article>
  );
}
