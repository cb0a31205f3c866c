/** The crews beside the map: what each does, how fresh its position is, from where it starts. */
import { UnstyledButton } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Crew } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { fixes, useLive } from "../live/live";
import { crewDevice, doingOf, STALE_MS, visitsOf } from "../live/status";
import { folded } from "../tasks/groups";
import { sourceWords } from "../tasks/startSource";
import { walkRows } from "../tasks/TaskList";
import { crewColours } from "../ui/colours";
import { Empty } from "../ui/Empty";
import { useSelection } from "../ui/selection";
import { useNow } from "../ui/useNow";
import { useWords } from "../ui/useWords";
import css from "./crews.module.css";
import { DoingLine } from "./DoingLine";

export function CrewList({ search }: { search: string }) {
  const { t } = useTranslation();
  const world = useLive((live) => live.world);
  const now = useNow();
  const colours = useMemo(() => crewColours(world.crews.values()), [world.crews]);
  const crews = useMemo(() => {
    const words = folded(search).split(/\s+/).filter(Boolean);
    const text = (crew: Crew) =>
      folded([crew.name, ...crew.skills, ...crew.members.map((member) => member.name)].join(" "));
    return [...world.crews.values()]
      .filter((crew) => crew.active && words.every((word) => text(crew).includes(word)))
      .sort((a, b) => Number(b.on_shift) - Number(a.on_shift) || a.name.localeCompare(b.name));
  }, [world.crews, search]);

  if (crews.length === 0) {
    return (
      <Empty
        title={t(search === "" ? "crews.none" : "crews.noneFound")}
        hint={t(search === "" ? "crews.noneHint" : "tasks.noneFoundHint")}
      />
    );
  }
  return (
    <div onKeyDown={walkRows} role="group" aria-label={t("crews.title")}>
      {crews.map((crew) => (
        <CrewRow key={crew.id} crew={crew} now={now} colour={colours.get(crew.id)} />
      ))}
    </div>
  );
}

function CrewRow({ crew, now, colour }: { crew: Crew; now: number; colour: string | undefined }) {
  const { t } = useTranslation();
  const words = useWords();
  const world = useLive((live) => live.world);
  const { selected, select, setView } = useSelection();
  const seen = crewDevice(world, crew, fixes.latest);
  const age = seen === undefined ? null : now - seen.fix.observedAt;
  const route = world.plan.routes.find((item) => item.crew_id === crew.id);
  const source = route === undefined ? null : sourceWords(t, route.start.source);
  const left = visitsOf(world, crew.id).length;
  const mine = selected?.kind === "crew" && selected.id === crew.id;

  return (
    <UnstyledButton
      className={css.row}
      data-testid="crew-row"
      data-crew={crew.id}
      data-on-shift={crew.on_shift}
      data-selected={mine}
      aria-pressed={mine}
      onClick={() => {
        select(mine ? null : { kind: "crew", id: crew.id });
        setView("map");
      }}
    >
      <span className={css.swatch} style={{ background: colour }} aria-hidden="true" />
      <span className={css.main}>
        <span className={css.head}>
          <span className={css.name}>{crew.name}</span>
          <span className={css.age} data-stale={age !== null && age > STALE_MS}>
            {age === null ? t("crews.noPosition") : words.age(age)}
          </span>
        </span>
        <DoingLine doing={doingOf(world, crew)} />
        <div className={css.sub}>
          {[
            t(crew.on_shift ? "crews.onShift" : "crews.offShift"),
            t("crews.visits", { count: left }),
            source,
          ]
            .filter((item) => item !== null)
            .join(" · ")}
        </div>
        {crew.silent_since !== null && (
          <span className={css.offline} data-testid="crew-offline">
            {boardWords(t, "offlineSince", { time: words.time(crew.silent_since) })}
          </span>
        )}
      </span>
    </UnstyledButton>
  );
}
