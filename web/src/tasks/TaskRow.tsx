/** One task in the list: what, where, when, who, and what is wrong with it. */
import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Task } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { serverNow } from "../live/clock";
import { assignmentOf, isLate, isUnassigned } from "../live/status";
import type { World } from "../live/world";
import { useWords } from "../ui/useWords";
import { awaitsReasons, whyUnassigned } from "./groups";
import { reasonSummary } from "./reasons";
import css from "./tasks.module.css";

interface Props {
  task: Task;
  world: World;
  selected: boolean;
  crewColour: string | undefined;
  onSelect: (id: string) => void;
}

export const TaskRow = memo(function TaskRow(props: Props) {
  const { task, world, selected, crewColour, onSelect } = props;
  const { t } = useTranslation();
  const words = useWords();
  const site = world.sites.get(task.site_id);
  const visit = assignmentOf(world, task.id);
  const crew = visit === undefined ? undefined : world.crews.get(visit.crew_id);
  const late = isLate(task, visit, serverNow());
  const why = isUnassigned(world, task) ? reasonSummary(t, whyUnassigned(world, task)) : [];

  return (
    <UnstyledButton
      className={css.row}
      data-testid="task-row"
      data-task={task.id}
      data-state={task.state}
      data-selected={selected}
      aria-pressed={selected}
      onClick={() => onSelect(task.id)}
    >
      <span
        className={css.stripe}
        style={{ background: crewColour ?? "transparent" }}
        aria-hidden="true"
      />
      <span className={css.main}>
        <span className={css.title}>
          {task.priority <= 2 && (
            <span className={css.priority} data-level={task.priority}>
              {t("task.priorityShort", { level: task.priority })}
            </span>
          )}
          <span className={css.name}>{task.title}</span>
        </span>
        <span className={css.sub}>{site?.name ?? t("unknown")}</span>
        {crew !== undefined && visit !== undefined && (
          <span className={css.sub}>
            <b>{crew.name}</b>
            {task.state === "done" || task.state === "in_progress"
              ? null
              : ` · ${t("task.eta", { time: words.time(visit.start_at) })}`}
          </span>
        )}
        {awaitsReasons(world, task) && (
          <span className={css.sub} data-testid="task-explaining">
            {boardWords(t, "explaining")}
          </span>
        )}
        {why.slice(0, 2).map((line) => (
          <span key={line} className={css.why}>
            {line}
          </span>
        ))}
      </span>
      <span className={css.when}>
        <span>{words.time(task.window_start)}</span>
        <span className={late ? css.late : undefined}>{words.time(task.window_end)}</span>
        {late && (
          <span className={css.late}>
            <IconAlertTriangle size={13} aria-hidden="true" /> {t("task.late")}
          </span>
        )}
      </span>
    </UnstyledButton>
  );
});
