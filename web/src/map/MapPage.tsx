/** The dispatcher's screen: list, map, the task in hand, the events. */
import { UnstyledButton } from "@mantine/core";
import { IconBell, IconListDetails, IconMap2 } from "@tabler/icons-react";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/shapes";
import { Events } from "../live/Events";
import { EventsToggle } from "../live/EventsToggle";
import { useLiveLink } from "../live/live";
import { NewTask } from "../tasks/NewTask";
import { TaskPanel } from "../tasks/TaskPanel";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useSelection, type View } from "../ui/selection";
import css from "../ui/ui.module.css";
import { SidePanel } from "./SidePanel";

const MapView = lazy(() => import("./MapView"));

const TABS = [
  { view: "list", icon: IconListDetails },
  { view: "map", icon: IconMap2 },
  { view: "events", icon: IconBell },
] as const satisfies { view: View; icon: typeof IconBell }[];

/** "/" goes to the search, Escape closes what is on top. */
function useShortcuts() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (event.key === "/" && !typing) {
        document.getElementById("search")?.focus();
        event.preventDefault();
      }
      if (event.key === "Escape" && !event.defaultPrevented) {
        const state = useSelection.getState();
        if (typing) target.blur();
        else if (state.creating) state.setCreating(false);
        else if (state.selected !== null) state.select(null);
        else if (state.events) state.setView("map");
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

export default function MapPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  useLiveLink();
  useShortcuts();
  const { selected, creating, events, view, setView } = useSelection();
  const task = selected?.kind === "task" ? selected.id : null;
  const detail = !events && (creating || task !== null);

  return (
    <div className={css.app}>
      <OfficeHeader me={me}>
        <EventsToggle />
      </OfficeHeader>
      <div className={css.body} data-view={view} data-detail={detail} data-creating={creating}>
        <SidePanel me={me} />
        <main className={css.map}>
          <Suspense>
            <MapView tileUrl={me.tile_url} />
          </Suspense>
        </main>
        {detail && (
          <aside className={css.detail}>
            {creating && <NewTask />}
            {task !== null && <TaskPanel key={task} taskId={task} me={me} />}
          </aside>
        )}
        {events && <Events />}
      </div>
      <nav className={css.bottomNav} aria-label={t("nav.title")}>
        {TABS.map(({ view: item, icon: Icon }) => (
          <UnstyledButton
            key={item}
            className={css.tab}
            aria-current={view === item ? "page" : undefined}
            data-testid={`nav-${item}`}
            onClick={() => setView(item)}
          >
            <Icon size={22} stroke={1.7} />
            {t(`nav.${item}`)}
          </UnstyledButton>
        ))}
      </nav>
    </div>
  );
}
