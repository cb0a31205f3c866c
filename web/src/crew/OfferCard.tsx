/** An offer that waits for an answer: take it, or say why not. */
import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconClock, IconMapPin } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Visit } from "../api/shapes";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";
import { countdown, secondsLeft } from "./order";
import { send, useOutbox } from "./outbox";

const WHY = ["too_far", "missing_equipment", "absent", "other"] as const;
type Why = (typeof WHY)[number];

export function OfferCard({ visit, now }: { visit: Visit; now: number }) {
  const { t } = useTranslation();
  const words = useWords();
  const [declining, setDeclining] = useState(false);
  const { assignment, task, site } = visit;
  const busy = useOutbox((state) => state.items.some((item) => item.about === assignment.id));
  const left = secondsLeft(visit, now);

  const answer = (accept: boolean, why: string | null) =>
    send(
      `/assignments/${assignment.id}/answer`,
      { version: assignment.version, accept, why },
      assignment.id,
    );

  return (
    <article className={css.offer} data-testid="offer-card" data-assignment={assignment.id} aria-live="assertive">
      <div className={css.offerHead}>
        <strong>{t("offer.title")}</strong>
        {left !== null && (
          <span
            className={css.countdown}
            data-hurry={left < 60}
            role="timer"
            aria-label={t("offer.left", { left: countdown(left) })}
            data-testid="offer-countdown"
          >
            {countdown(left)}
          </span>
        )}
      </div>
      <h2>{task.title}</h2>
      <p className={css.fact}>
        <IconMapPin size={20} aria-hidden="true" />
        <span>{[site.name, site.address].filter((part) => part !== null).join(", ")}</span>
      </p>
      <p className={css.fact}>
        <IconClock size={20} aria-hidden="true" />
        <span>
          {t("offer.when", {
            start: words.time(assignment.start_at),
            duration: words.duration(task.duration_s),
            drive: words.duration(assignment.travel_s),
          })}
        </span>
      </p>
      {declining ? (
        <Decline
          busy={busy}
          onBack={() => setDeclining(false)}
          onDecline={(why) => answer(false, why)}
        />
      ) : (
        <div className={css.actions}>
          <button
            type="button"
            className={css.secondary}
            disabled={busy}
            data-testid="offer-decline"
            onClick={() => setDeclining(true)}
          >
            {t("offer.decline")}
          </button>
          <button
            type="button"
            className={css.primary}
            disabled={busy}
            data-testid="offer-accept"
            onClick={() => answer(true, null)}
          >
            <IconCheck size={24} stroke={2.4} aria-hidden="true" />
            {t(busy ? "sending" : "offer.accept")}
          </button>
        </div>
      )}
    </article>
  );
}

interface DeclineProps {
  busy: boolean;
  onBack: () => void;
  onDecline: (why: string) => void;
}

function Decline({ busy, onBack, onDecline }: DeclineProps) {
  const { t } = useTranslation();
  const [why, setWhy] = useState<Why | null>(null);
  const [words, setWords] = useState("");
  const said = why === "other" ? words.trim() : why;
  return (
    <div>
      <p className={css.ask} id="why">
        {t("offer.why")}
      </p>
      <div className={css.whys} role="radiogroup" aria-labelledby="why">
        {WHY.map((item) => (
          <button
            key={item}
            type="button"
            role="radio"
            aria-checked={why === item}
            className={css.why}
            data-testid={`why-${item}`}
            onClick={() => setWhy(item)}
          >
            {t(`why.${item}`)}
          </button>
        ))}
      </div>
      {why === "other" && (
        <TextInput
          size="lg"
          mb={12}
          aria-label={t("offer.whyWords")}
          placeholder={t("offer.whyWords")}
          maxLength={500}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-testid="why-words"
        />
      )}
      <div className={css.actions}>
        <Button className={css.back ?? ""} variant="default" onClick={onBack}>
          {t("back")}
        </Button>
        <button
          type="button"
          className={css.danger}
          disabled={busy || said === null || said === ""}
          data-testid="decline-confirm"
          onClick={() => onDecline(said ?? "")}
        >
          {t(busy ? "sending" : "offer.declineSure")}
        </button>
      </div>
    </div>
  );
}
