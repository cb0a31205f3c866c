/** The list beside the map: tasks or crews, searched and filtered. */
import { Button, CloseButton, Kbd, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/shapes";
import { may } from "../auth/rights";
import { CrewList } from "../crews/CrewList";
import { useLive } from "../live/live";
import { type Group, GROUPS } from "../tasks/groups";
import { TaskList } from "../tasks/TaskList";
import { useSelection } from "../ui/selection";
import css from "../ui/ui.module.css";
import { ListLoading } from "./ListLoading";

export function SidePanel({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { side, setSide, setCreating } = useSelection();
  const loaded = useLive((live) => live.world.at !== null);
  const [search, setSearch] = useState("");
  const [only, setOnly] = useState<Group | null>(null);
  const wanted = useDeferredValue(search);

  return (
    <nav className={css.side} aria-label={t("list.title")}>
      <div className={css.sideHead}>
        <SegmentedControl
          fullWidth
          value={side}
          onChange={(value) => setSide(value)}
          data={[
            { value: "tasks", label: <span data-testid="tab-tasks">{t("tasks.title")}</span> },
            { value: "crews", label: <span data-testid="tab-crews">{t("crews.title")}</span> },
          ]}
        />
        <div style={{ display: "flex", gap: 8 }}>
          <TextInput
            id="search"
            type="search"
            style={{ flex: 1 }}
            aria-label={t("list.search")}
            placeholder={t(side === "tasks" ? "list.searchTasks" : "list.searchCrews")}
            leftSection={<IconSearch size={16} />}
            rightSection={
              search === "" ? (
                <Kbd size="xs">/</Kbd>
              ) : (
                <CloseButton size="sm" aria-label={t("list.clear")} onClick={() => setSearch("")} />
              )
            }
            value={search}
            data-testid="search"
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          {side === "tasks" && (
            <Select
              w={124}
              aria-label={t("list.filter")}
              placeholder={t("list.all")}
              data={GROUPS.map((group) => ({ value: group, label: t(`group.${group}`) }))}
              value={only}
              onChange={(value) => setOnly(value)}
              clearable
              comboboxProps={{ width: 190, position: "bottom-end" }}
              data-testid="task-filter"
            />
          )}
        </div>
        {side === "tasks" && may(me, "task:create") && (
          <Button
            leftSection={<IconPlus size={18} />}
            data-testid="task-new"
            onClick={() => setCreating(true)}
          >
            {t("newTask.open")}
          </Button>
        )}
      </div>
      <div className={css.sideList}>
        {!loaded && <ListLoading />}
        {loaded && side === "tasks" && <TaskList search={wanted} only={only} />}
        {loaded && side === "crews" && <CrewList search={wanted} />}
      </div>
    </nav>
  );
}
