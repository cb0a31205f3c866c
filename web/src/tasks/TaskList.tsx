/** The tasks beside the map, walked with the arrows, searched with "/". */
import { useMemo, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "../live/live";
import { assignmentOf } from "../live/status";
import { crewColours } from "../ui/colours";
import { Empty } from "../ui/Empty";
import { useSelection } from "../ui/selection";
import { type Group, groupTasks } from "./groups";
import { TaskRow } from "./TaskRow";
import css from "./tasks.module.css";

/** Move the focus among the rows of a list; returns true when the key was one of its own. */
export function walkRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-testid$='-row']")];
  const here = rows.findIndex((row) => row === document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, here + step))]?.focus();
  event.preventDefault();
}

export function TaskList({ search, only }: { search: string; only: Group | null }) {
  const { t } = useTranslation();
  const world = useLive((live) => live.world);
  const { selected, select, setView } = useSelection();
  const groups = useMemo(() => groupTasks(world, search, only), [world, search, only]);
  const colours = useMemo(() => crewColours(world.crews.values()), [world.crews]);

  if (groups.length === 0) {
    const searching = search !== "" || only !== null;
    return (
      <Empty
        title={t(searching ? "tasks.noneFound" : "tasks.none")}
        hint={t(searching ? "tasks.noneFoundHint" : "tasks.noneHint")}
      />
    );
  }
  const open = (id: string) => {
    select({ kind: "task", id });
    setView("map");
  };
  return (
    <div onKeyDown={walkRows} role="group" aria-label={t("tasks.title")}>
      {groups.map(([group, tasks]) => (
        <section key={group} aria-label={t(`group.${group}`)}>
          <h2 className={css.group} data-group={group}>
            {t(`group.${group}`)} <span className={css.tally}>{tasks.length}</span>
          </h2>
          {tasks.map((task) => (
            <TaskRow
              key={task.id}
              task={task}
              world={world}
              selected={selected?.kind === "task" && selected.id === task.id}
              crewColour={colours.get(assignmentOf(world, task.id)?.crew_id ?? "")}
              onSelect={open}
            />
          ))}
        </section>
      ))}
    </div>
  );
}
