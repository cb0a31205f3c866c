/** What a crew is doing, in one line. */
import { useTranslation } from "react-i18next";
import type { Doing } from "../live/status";
import { useWords } from "../ui/useWords";
import css from "./crews.module.css";

export function DoingLine({ doing }: { doing: Doing }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <div className={css.doing} data-doing={doing.kind}>
      {"task" in doing
        ? t(`doing.${doing.kind}`, {
            task: doing.task.title,
            time: words.time(doing.kind === "working" ? doing.visit.end_at : doing.visit.start_at),
          })
        : t(`doing.${doing.kind}`)}
    </div>
  );
}
