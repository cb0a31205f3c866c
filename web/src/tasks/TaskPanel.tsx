/** A task in full, and who could take it: ranked crews with their price, the others with reasons. */
import { Badge, Button, CloseButton, Loader } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { useCandidates } from "../api/queries";
import type { Me, Task } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { may } from "../auth/rights";
import { boardWords } from "../i18n/board/words";
import { useLive } from "../live/live";
import { assignmentOf, isUnassigned } from "../live/status";
import { crewColours, INK } from "../ui/colours";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import { useSelection } from "../ui/selection";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import { useAssign } from "./assign";
import { CandidateRow } from "./CandidateRow";
import { awaitsReasons, whyUnassigned } from "./groups";
import { reasonSummary } from "./reasons";
import css from "./tasks.module.css";
import { whyLines } from "./why";

/** Accepted work is nobody else's to take; the server ranks no crews for it. */
const TO_GIVE = ["ready", "scheduled", "dispatched"];
const CANCELLABLE = [...TO_GIVE, "accepted"];

export function TaskPanel({ taskId, me }: { taskId: string; me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  const select = useSelection((state) => state.select);
  const task = world.tasks.get(taskId);
  if (task === undefined) {
    return <Empty title={t("task.gone")} hint={t("task.goneHint")} />;
  }
  const visit = assignmentOf(world, task.id);
  const crew = visit === undefined ? undefined : world.crews.get(visit.crew_id);
  return (
    <div className={css.panel} data-testid="task-panel">
      <header className={css.panelHead}>
        <div style={{ flex: 1, minWidth: 0 }}>
          <h2 className={css.panelTitle}>{task.title}</h2>
          <div className={css.chips}>
            <Badge variant="light" color="ink" data-testid="task-state" data-state={task.state}>
              {t(`state.${task.state}`)}
            </Badge>
            {task.skills.map((skill) => (
              <Badge key={skill} variant="outline" color="gray">
                {skill}
              </Badge>
            ))}
          </div>
        </div>
        <CloseButton aria-label={t("close")} onClick={() => select(null)} />
      </header>
      <div className={css.panelBody}>
        <dl className={css.facts}>
          <dt>{t("task.site")}</dt>
          <dd>{world.sites.get(task.site_id)?.name ?? t("unknown")}</dd>
          <dt>{t("task.window")}</dt>
          <dd>{`${words.time(task.window_start)} – ${words.time(task.window_end)}`}</dd>
          <dt>{t("task.duration")}</dt>
          <dd>{words.duration(task.duration_s)}</dd>
          <dt>{t("task.priority")}</dt>
          <dd>{t("task.priorityLevel", { level: task.priority })}</dd>
          {crew !== undefined && visit !== undefined && (
            <>
              <dt>{t("task.crew")}</dt>
              <dd>{`${crew.name} · ${t(`assignment.${visit.state}`)}`}</dd>
              <dt>{t("task.start")}</dt>
              <dd>{words.time(visit.start_at)}</dd>
            </>
          )}
          <WhyRow task={task} />
        </dl>
        {task.description !== null && task.description !== "" && <p>{task.description}</p>}
        {TO_GIVE.includes(task.state) && <Candidates task={task} me={me} />}
        {CANCELLABLE.includes(task.state) && may(me, "task:update") && <CancelTask task={task} />}
      </div>
    </div>
  );
}

/** Why this crew has it, or nobody. */
function WhyRow({ task }: { task: Task }) {
  const { t } = useTranslation();
  const world = useLive((live) => live.world);
  const visit = assignmentOf(world, task.id);
  const nameOf = (id: string) => world.crews.get(id)?.name ?? t("unknown");
  const lines =
    visit !== undefined
      ? whyLines(t, visit.reason, nameOf)
      : awaitsReasons(world, task)
        ? [boardWords(t, "explaining")]
        : isUnassigned(world, task)
          ? reasonSummary(t, whyUnassigned(world, task))
          : [];
  if (lines.length === 0) return null;
  return (
    <>
      <dt>{boardWords(t, visit === undefined ? "why.nobody" : "why.title")}</dt>
      <dd data-testid="task-why">
        {lines.map((line, i) => (
          <div key={`${i}${line}`}>{line}</div>
        ))}
      </dd>
    </>
  );
}

function Candidates({ task, me }: { task: Task; me: Me }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const world = useLive((live) => live.world);
  const assign = useAssign();
  const visit = assignmentOf(world, task.id);
  const revision = `${task.version} ${visit?.version ?? 0} ${world.plan.version}`;
  const { data, error, isPending } = useCandidates(task.id, revision);
  const colours = crewColours(world.crews.values());
  const previous = visit === undefined ? undefined : world.crews.get(visit.crew_id);

  return (
    <section aria-label={t("candidates.title")} data-testid="candidates">
      <h3 className={css.heading}>{t("candidates.title")}</h3>
      {isPending && <Loader size="sm" color="ink" aria-label={t("candidates.loading")} />}
      {error !== null && <p role="alert">{problemWords(error)}</p>}
      {data?.length === 0 && <p>{t("candidates.none")}</p>}
      {data?.map((candidate, i) => (
        <CandidateRow
          key={candidate.crew_id}
          candidate={candidate}
          rank={i + 1}
          colour={colours.get(candidate.crew_id) ?? INK}
          allowed={may(me, "assignment:create")}
          busy={assign.isPending}
          waiting={assign.isPending && assign.variables.crewId === candidate.crew_id}
          onAssign={(force) =>
            assign.mutate({
              taskId: task.id,
              crewId: candidate.crew_id,
              crewName: candidate.crew_name,
              force,
              previous:
                previous === undefined || previous.id === candidate.crew_id
                  ? null
                  : { id: previous.id, name: previous.name },
            })
          }
        />
      ))}
    </section>
  );
}

function CancelTask({ task }: { task: Task }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const [asked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () =>
      request<Task>("POST", `/tasks/${task.id}/cancel`, { idempotencyKey: uuid7() }),
    onSuccess: () => toast("good", t("task.cancelled")),
    onError: (error) => toast("bad", problemWords(error)),
  });
  return (
    <Button
      mt="lg"
      fullWidth
      variant={asked ? "filled" : "subtle"}
      color="red"
      loading={cancel.isPending}
      onClick={() => (asked ? cancel.mutate() : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {t(asked ? "task.cancelSure" : "task.cancel")}
    </Button>
  );
}
