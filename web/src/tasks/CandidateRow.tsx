/** One crew that could, or could not, take a task. */
import { Badge, Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Candidate } from "../api/shapes";
import { useWords } from "../ui/useWords";
import { reasonWords, relaxationWords } from "./reasons";
import { sourceWords } from "./startSource";
import css from "./tasks.module.css";

interface Props {
  candidate: Candidate;
  rank: number;
  colour: string;
  allowed: boolean;
  busy: boolean;
  waiting: boolean;
  onAssign: (force: boolean) => void;
}

export function CandidateRow({ candidate, rank, colour, allowed, busy, waiting, onAssign }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const [asked, setAsked] = useState(false);
  const { feasible, eta_at, added_travel_s } = candidate;
  const figures = [
    eta_at === null ? null : t("candidates.eta", { time: words.time(eta_at) }),
    added_travel_s === null
      ? null
      : t("candidates.added", { minutes: Math.round(added_travel_s / 60) }),
    sourceWords(t, candidate.start_source),
  ].filter((item) => item !== null);

  const button = feasible ? (
    <Button
      size="compact-sm"
      loading={waiting}
      disabled={busy}
      data-testid="candidate-assign"
      data-crew={candidate.crew_id}
      onClick={() => onAssign(false)}
    >
      {t("candidates.assign")}
    </Button>
  ) : (
    <Button
      size="compact-sm"
      variant={asked ? "filled" : "default"}
      color={asked ? "red" : undefined}
      loading={waiting}
      disabled={busy}
      data-testid="candidate-force"
      data-crew={candidate.crew_id}
      onClick={() => (asked ? onAssign(true) : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {t(asked ? "candidates.forceSure" : "candidates.force")}
    </Button>
  );

  return (
    <div
      className={css.candidate}
      data-testid="candidate-row"
      data-crew={candidate.crew_id}
      data-feasible={feasible}
    >
      <div className={css.candidateTop}>
        <span className={css.rank} style={{ background: feasible ? colour : "#8593a0" }}>
          {feasible ? rank : "–"}
        </span>
        <div className={css.candidateName}>
          <strong>{candidate.crew_name}</strong>
          {feasible && <span className={css.figures}>{figures.join(" · ")}</span>}
        </div>
        {candidate.current ? (
          <Badge variant="light" color="teal">
            {t("candidates.current")}
          </Badge>
        ) : (
          allowed && button
        )}
      </div>
      {candidate.reasons.length > 0 && (
        <ul className={css.reasons}>
          {candidate.reasons.map((reason, i) => (
            <li key={`${reason.code}${i}`}>{reasonWords(t, reason)}</li>
          ))}
        </ul>
      )}
      {candidate.relaxation !== null && (
        <p className={css.figures}>{relaxationWords(t, candidate.relaxation.changes)}</p>
      )}
    </div>
  );
}
