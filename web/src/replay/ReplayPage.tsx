/** A vehicle's day played back: choose, say why, look. */
import { Button, Loader, Select, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { all } from "../api/all";
import type { Me, Motive, Vehicle } from "../api/shapes";
import { zonedFields } from "../live/ages";
import { serverNow } from "../live/clock";
import { useLiveLink } from "../live/live";
import { Empty } from "../ui/Empty";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useProblemWords } from "../ui/problemWords";
import ui from "../ui/ui.module.css";
import { useWords } from "../ui/useWords";
import { entriesOf } from "./entries";
import type { Mark } from "./playback";
import { Player } from "./Player";
import { ReasonDialog } from "./ReasonDialog";
import css from "./replay.module.css";
import { Timeline } from "./Timeline";
import { useKeys, usePlayhead } from "./usePlayhead";
import { useReplay } from "./useReplay";

const ReplayMap = lazy(() => import("./ReplayMap"));
const NO_MARKS: Mark[] = [];

function useVehicles() {
  return useQuery({
    queryKey: ["vehicles"],
    queryFn: ({ signal }) => all<Vehicle>("/vehicles", signal),
  });
}

export default function ReplayPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  useLiveLink();
  const [params, setParams] = useSearchParams();
  const latest = zonedFields(serverNow(), words.tz).date;
  const vehicle = params.get("vehicle");
  const day = params.get("day") ?? latest;
  const [asking, setAsking] = useState(false);
  const vehicles = useVehicles();
  const replay = useReplay();
  const marks = replay.data?.marks ?? NO_MARKS;
  const entries = useMemo(
    () => (replay.data === undefined ? [] : entriesOf(replay.data.day, replay.data.marks)),
    [replay.data],
  );
  const playhead = usePlayhead(marks);
  useKeys(playhead, marks, marks.length > 0);

  const choose = (name: "vehicle" | "day", value: string | null) => {
    replay.reset();
    setParams((before) => {
      if (value === null || value === "") before.delete(name);
      else before.set(name, value);
      return before;
    });
  };
  const label = vehicles.data?.find((each) => each.id === vehicle)?.label ?? "";
  const open = (motive: Motive, note: string) => {
    if (vehicle === null) return;
    replay.mutate({ vehicle, day, motive, note }, { onSettled: () => setAsking(false) });
  };

  return (
    <div className={ui.app}>
      <OfficeHeader me={me} />
      <div className={css.body}>
        <aside className={css.side} aria-label={t("replay.title")}>
          <div className={css.choice}>
            <h1>{t("replay.title")}</h1>
            <Select
              label={t("replay.vehicle")}
              placeholder={t(vehicles.isPending ? "loading" : "replay.vehicleChoose")}
              data={(vehicles.data ?? []).map((each) => ({
                value: each.id,
                label: `${each.label} · ${each.plate}`,
              }))}
              value={vehicle}
              onChange={(value) => choose("vehicle", value)}
              error={vehicles.error === null ? undefined : problemWords(vehicles.error)}
              searchable
              nothingFoundMessage={t("replay.noVehicle")}
              data-testid="replay-vehicle"
            />
            <TextInput
              type="date"
              label={t("replay.day")}
              description={me.profile === "site_manager" ? t("replay.todayOnly") : undefined}
              value={day}
              max={latest}
              onChange={(event) => choose("day", event.currentTarget.value)}
              data-testid="replay-day"
            />
            <Button
              leftSection={<IconPlayerPlay size={18} />}
              disabled={vehicle === null}
              loading={replay.isPending}
              onClick={() => setAsking(true)}
              data-testid="replay-open"
            >
              {t("replay.open")}
            </Button>
          </div>
          <div className={css.list}>
            {replay.isIdle && <Empty title={t("replay.none")} hint={t("replay.noneHint")} />}
            {replay.isPending && (
              <div className={css.waiting} role="status">
                <Loader size="sm" color="ink" />
                {t("replay.loading")}
              </div>
            )}
            {replay.error !== null && (
              <div role="alert" data-testid="replay-error">
                <Empty title={t("replay.failed")} hint={problemWords(replay.error)} />
              </div>
            )}
            {replay.data !== undefined && marks.length === 0 && (
              <Empty title={t("replay.empty")} hint={t("replay.emptyHint")} />
            )}
            {entries.length > 0 && (
              <Timeline entries={entries} atMs={playhead.atMs} onSeek={playhead.seek} />
            )}
          </div>
        </aside>
        <main className={css.stage}>
          <Suspense>
            <ReplayMap
              tileUrl={me.tile_url}
              marks={marks}
              stops={replay.data?.day.stops ?? []}
              atMs={playhead.atMs}
            />
          </Suspense>
          {marks.length > 0 && <Player playhead={playhead} marks={marks} />}
        </main>
      </div>
      <ReasonDialog
        opened={asking}
        pending={replay.isPending}
        subject={`${label}, ${words.day(day)}`}
        onClose={() => setAsking(false)}
        onReason={open}
      />
    </div>
  );
}
