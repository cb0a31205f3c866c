/** The last events, newest first, in words. */
import { CloseButton, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/Empty";
import { useSelection } from "../ui/selection";
import css from "../ui/ui.module.css";
import { useWords } from "../ui/useWords";
import { eventTime } from "./eventTime";
import { eventWords } from "./eventWords";
import { useLive } from "./live";

export function Events() {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  const { select, setView } = useSelection();
  const said = world.log.flatMap((event) => {
    const sentence = eventWords(t, world, event);
    return sentence === null ? [] : [{ ...sentence, event }];
  });
  return (
    <section className={css.events} aria-label={t("events.title")} data-testid="events">
      <header className={css.eventsHead}>
        <h2>{t("events.title")}</h2>
        <CloseButton aria-label={t("close")} onClick={() => setView("map")} />
      </header>
      {said.length === 0 ? (
        <Empty title={t("events.none")} hint={t("events.noneHint")} />
      ) : (
        <ol className={css.eventList} aria-live="polite">
          {said.map(({ event, text, mood, taskId }) => {
            const inside = (
              <>
                <time className={css.eventTime}>{words.time(eventTime(event) ?? event.seenAt)}</time>
                <span>{text}</span>
              </>
            );
            return (
              <li key={event.at} data-mood={mood} data-kind={event.kind}>
                {taskId === null ? (
                  <div className={css.event}>{inside}</div>
                ) : (
                  <UnstyledButton
                    className={css.event}
                    onClick={() => {
                      setView("map");
                      select({ kind: "task", id: taskId });
                    }}
                  >
                    {inside}
                  </UnstyledButton>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
