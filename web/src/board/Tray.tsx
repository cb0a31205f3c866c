/** What nobody does yet, on top: to drag to a crew, or to drop a visit on. */
import { useTranslation } from "react-i18next";
import type { Task } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import type { World } from "../live/world";
import { awaitsReasons, whyUnassigned } from "../tasks/groups";
import { reasonSummary } from "../tasks/reasons";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";

interface Props {
  world: World;
  tasks: readonly Task[];
  selected: string | null;
  carried: string | null;
  over: boolean;
  onPress: (taskId: string, event: React.PointerEvent) => void;
  onSelect: (taskId: string) => void;
  onKey: (taskId: string, event: React.KeyboardEvent) => void;
}

export function Tray({ world, tasks, selected, carried, over, ...on }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <section
      className={css.tray}
      aria-label={t("board.unassigned")}
      data-tray=""
      data-testid="board-tray"
      data-over={over}
      data-count={tasks.length}
    >
      <h2 className={css.trayTitle}>
        {t("board.unassigned")} <b>{tasks.length}</b>
      </h2>
      {carried !== null && <p className={css.trayHint}>{t("board.tray")}</p>}
      {carried === null && tasks.length === 0 && (
        <p className={css.trayHint}>{t("board.unassignedNone")}</p>
      )}
      {tasks.map((task) => {
        const from = words.time(task.window_start);
        const to = words.time(task.window_end);
        const duration = words.duration(task.duration_s);
        const [reason] = reasonSummary(t, whyUnassigned(world, task));
        const why = awaitsReasons(world, task) ? boardWords(t, "explaining") : reason;
        return (
          <button
            type="button"
            key={task.id}
            className={css.chip}
            aria-pressed={selected === task.id}
            aria-label={t("board.chip", { task: task.title, from, to, duration })}
            data-testid="board-chip"
            data-task={task.id}
            data-priority={task.priority}
            data-carried={carried === task.id}
            onPointerDown={(event) => on.onPress(task.id, event)}
            onClick={() => on.onSelect(task.id)}
            onKeyDown={(event) => on.onKey(task.id, event)}
          >
            <span className={css.chipTitle}>
              {task.priority <= 2 && <b>{t("task.priorityShort", { level: task.priority })}</b>}
              {task.title}
            </span>
            <span className={css.chipSub}>{`${from} – ${to} · ${duration}`}</span>
            {why !== undefined && <span className={css.chipWhy}>{why}</span>}
          </button>
        );
      })}
    </section>
  );
}
