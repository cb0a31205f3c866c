/** Published versions, what each changed, and the way back to one. */
import { Button, Drawer, Loader, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PlanVersion, Reverted } from "../api/shapes";
import { boardWords } from "../i18n/board/words";
import { useLive } from "../live/live";
import { keptWords } from "../tasks/why";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";
import { DiffList } from "./DiffList";
import { useRevert, useVersion, useVersions } from "./requests";
import { crewName, titleOf } from "./words";

interface Props {
  planVersion: number;
  allowed: boolean;
  onClose: () => void;
}

export function Versions({ planVersion, allowed, onClose }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const { data, error, isPending } = useVersions(planVersion);
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Drawer opened onClose={onClose} position="right" title={t("board.versions")} size="md">
      {isPending && <Loader size="sm" color="ink" aria-label={t("loading")} />}
      {error !== null && <p role="alert">{problemWords(error)}</p>}
      {data?.items.length === 0 && (
        <Empty title={t("board.noVersions")} hint={t("board.noVersionsHint")} />
      )}
      {data?.items.map((item) => (
        <article
          key={item.version}
          className={css.card}
          data-testid="plan-version"
          data-version={item.version}
        >
          <UnstyledButton
            className={css.versionHead}
            aria-expanded={open === item.version}
            onClick={() => setOpen(open === item.version ? null : item.version)}
          >
            <strong>{t("board.version", { version: item.version })}</strong>
            <span>
              {words.time(item.published_at)} · {t(`board.kind.${item.kind}`)}
            </span>
          </UnstyledButton>
          {open === item.version && (
            <Detail item={item} current={item.version === planVersion} allowed={allowed} />
          )}
        </article>
      ))}
    </Drawer>
  );
}

/** What stays as it is, and why. */
function Kept({ kept }: { kept: Reverted["kept"] }) {
  const { t } = useTranslation();
  const world = useLive((live) => live.world);
  if (kept.length === 0) return null;
  return (
    <ul className={css.kept} aria-label={boardWords(t, "kept.title")} data-testid="plan-kept">
      {kept.map((each) => (
        <li key={each.task_id} data-code={each.code}>
          <strong>{titleOf(t, world, each.task_id)}</strong>{" "}
          {keptWords(t, each, (id) => crewName(t, world, id))}
        </li>
      ))}
    </ul>
  );
}

function Detail(props: { item: PlanVersion; current: boolean; allowed: boolean }) {
  const { item, current, allowed } = props;
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { data, error } = useVersion(item.version);
  const [asked, setAsked] = useState<Reverted | null>(null);
  const revert = useRevert((said, dryRun) => {
    if (dryRun) setAsked(said);
    else {
      setAsked(null);
      const tasks = said.restored.length;
      toast("good", t("board.reverted", { version: said.version ?? 0, tasks }));
    }
  });
  return (
    <>
      {data === undefined && error === null && <Loader size="xs" color="ink" aria-label={t("loading")} />}
      {error !== null && <p role="alert">{problemWords(error)}</p>}
      {data !== undefined && <DiffList diff={data.diff} />}
      {asked !== null && (
        <p role="status">
          {asked.restored.length === 0
            ? t("board.revertNothing")
            : t("board.revertSure", { tasks: asked.restored.length })}
          {asked.kept.length > 0 && ` ${t("board.keptTasks", { count: asked.kept.length })}`}
        </p>
      )}
      {asked !== null && <Kept kept={asked.kept} />}
      {allowed && !current && asked?.restored.length !== 0 && (
        <Button
          mt="xs"
          size="compact-sm"
          variant={asked === null ? "default" : "filled"}
          loading={revert.isPending}
          data-testid="plan-revert"
          onClick={() => revert.mutate({ version: item.version, dryRun: asked === null })}
        >
          {t("board.revert")}
        </Button>
      )}
    </>
  );
}
