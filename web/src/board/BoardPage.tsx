/** The dispatch board: crews × hours, what nobody does on top, moves tried before they are published. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/shapes";
import { may } from "../auth/rights";
import { useLive, useLiveLink } from "../live/live";
import { ListLoading } from "../map/ListLoading";
import { TaskPanel } from "../tasks/TaskPanel";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useProblemWords } from "../ui/problemWords";
import { useSelection } from "../ui/selection";
import { toast } from "../ui/toasts";
import uiCss from "../ui/ui.module.css";
import { useNow } from "../ui/useNow";
import { arranged, positionAt } from "./arrangement";
import css from "./board.module.css";
import { Drafts } from "./Drafts";
import { Grid } from "./Grid";
import { usePending } from "./pending";
import { PinnedNote } from "./PinnedNote";
import { useOpenDrafts, useWhatIf } from "./requests";
import { Review } from "./Review";
import { msAt, type Scale, scaleOver } from "./scale";
import { Toolbar } from "./Toolbar";
import { Tray } from "./Tray";
import { type Over, useDrag } from "./useDrag";
import { useFocusFollows } from "./useFocusFollows";
import { useKeys } from "./useKeys";
import { usePlacing } from "./usePlacing";
import { Versions } from "./Versions";
import { crewName, titleOf } from "./words";

const PX_PER_HOUR = 128;
type Side = "drafts" | "versions" | "review" | null;

/** The axis of today: all shifts and visits. */
function useScale(pxPerHour: number, nowMs: number): Scale {
  const world = useLive((live) => live.world);
  return useMemo(() => {
    const shifts = [...world.crews.values()].flatMap(({ shift }) =>
      shift === null ? [] : [Date.parse(shift.starts_at), Date.parse(shift.ends_at)],
    );
    const near = shifts.filter((ms) => Math.abs(ms - nowMs) < 16 * 3_600_000);
    const visits = [...world.assignments.values()]
      .filter((row) => ["planned", "offered", "accepted", "started"].includes(row.state))
      .flatMap((row) => [Date.parse(row.start_at), Date.parse(row.end_at)]);
    return scaleOver([...near, ...visits], nowMs, pxPerHour);
  }, [world, nowMs, pxPerHour]);
}

/** Ctrl-Z and Ctrl-Y on the moves, Escape closes the task. */
function useShortcuts() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName);
      if (typing || event.defaultPrevented) return;
      const key = event.key.toLowerCase();
      const control = event.ctrlKey || event.metaKey;
      const { undo, redo } = usePending.getState();
      if (control && key === "z" && !event.shiftKey) undo();
      else if (control && (key === "y" || key === "z")) redo();
      else if (event.key === "Escape") useSelection.getState().select(null);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

export default function BoardPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  useLiveLink();
  useShortcuts();
  const world = useLive((live) => live.world);
  const { selected, select } = useSelection();
  const { moves, undo } = usePending();
  const [zoom, setZoom] = useState(1);
  const [side, setSide] = useState<Side>(null);
  const scale = useScale(PX_PER_HOUR * zoom, Math.floor(useNow(30_000) / 60_000) * 60_000);
  const whatIf = useWhatIf(moves, world.plan.version);
  const answer = moves.length === 0 ? undefined : whatIf.data;
  const drafts = useOpenDrafts(world.plan.version);
  const arrangement = useMemo(() => arranged(world, answer?.diff ?? []), [world, answer]);
  const crews = useMemo(
    () =>
      [...world.crews.values()]
        .filter((crew) => crew.shift !== null || arrangement.lanes.has(crew.id))
        .sort((a, b) => a.name.localeCompare(b.name)),
    [world.crews, arrangement],
  );
  const allowed = may(me, "assignment:create");

  // A move the server refuses outright (accepted meanwhile, cancelled) goes back.
  const refused = moves.length > 0 ? whatIf.error : null;
  useEffect(() => {
    if (refused === null) return;
    toast("bad", problemWords(refused));
    undo();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once an error, not once a render
  }, [refused]);

  const { put, pin } = usePlacing(arrangement, whatIf.isFetching);
  const onDrop = useCallback(
    (taskId: string, over: Over) => {
      if (over === null) return;
      if (over === "tray") {
        put(taskId, { crewId: null, position: 0 });
        return;
      }
      const bars = arrangement.lanes.get(over.crewId) ?? [];
      const position = positionAt(bars, taskId, msAt(scale, over.x));
      put(taskId, { crewId: over.crewId, position });
    },
    [arrangement, scale, put],
  );
  const { carried, press } = useDrag(onDrop);
  const keys = useKeys(
    crews.map((crew) => crew.id),
    arrangement,
    { put, pin },
  );
  const board = useRef<HTMLElement>(null);
  useFocusFollows(board);
  const taskId = selected?.kind === "task" ? selected.id : null;
  const inHand = carried?.taskId ?? keys.held?.taskId ?? null;
  const shared = {
    world,
    selected: taskId,
    carried: inHand,
    onPress: allowed ? press : () => undefined,
    onSelect: (id: string) => select({ kind: "task", id }),
    onKey: allowed ? keys.onKey : () => undefined,
  };
  const over = keys.held === null ? (carried?.over ?? null) : null;

  return (
    <div className={uiCss.app}>
      <OfficeHeader me={me} />
      <Toolbar
        answer={answer}
        asking={whatIf.isFetching}
        drafts={drafts.data?.items.length ?? 0}
        onZoom={(factor) => setZoom((z) => Math.min(3, Math.max(0.4, z * factor)))}
        onReview={() => setSide("review")}
        onDrafts={() => setSide("drafts")}
        onVersions={() => setSide("versions")}
      />
      <div className={css.body}>
        <main ref={board} className={css.main} data-testid="board" data-carrying={inHand !== null}>
          {world.at === null ? (
            <ListLoading />
          ) : (
            <>
              <Tray
                {...shared}
                tasks={arrangement.unassigned}
                over={over === "tray" || keys.held?.crewId === null}
              />
              <Grid
                {...shared}
                crews={crews}
                lanes={arrangement.lanes}
                scale={scale}
                over={over}
                held={keys.held}
              />
            </>
          )}
          <p className={css.keys}>{t("board.keys")}</p>
        </main>
        {taskId !== null && (
          <aside className={uiCss.detail}>
            <PinnedNote taskId={taskId} allowed={allowed} />
            <TaskPanel key={taskId} taskId={taskId} me={me} />
          </aside>
        )}
      </div>
      {carried !== null && (
        <div className={css.ghost} style={{ left: carried.x + 12, top: carried.y + 8 }}>
          {titleOf(t, world, carried.taskId)}
        </div>
      )}
      <div className={css.spoken} aria-live="assertive">
        {keys.held !== null &&
          (keys.held.crewId === null
            ? t("board.carryingOut", { task: titleOf(t, world, keys.held.taskId) })
            : t("board.carrying", {
                task: titleOf(t, world, keys.held.taskId),
                crew: crewName(t, world, keys.held.crewId),
                position: keys.held.position + 1,
              }))}
      </div>
      {side === "review" && answer !== undefined && (
        <Review answer={answer} onClose={() => setSide(null)} />
      )}
      {side === "drafts" && (
        <Drafts
          planVersion={world.plan.version}
          allowed={allowed}
          onClose={() => setSide(null)}
        />
      )}
      {side === "versions" && (
        <Versions
          planVersion={world.plan.version}
          allowed={allowed}
          onClose={() => setSide(null)}
        />
      )}
    </div>
  );
}
