/** Proposals of the planner and kept drafts: open, accept or put aside. */
import { Button, Drawer, Group, Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PlanDraft } from "../api/shapes";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import { useWords } from "../ui/useWords";
import css from "./board.module.css";
import { DiffList } from "./DiffList";
import { Figures } from "./Figures";
import { usePending } from "./pending";
import { useDecide, useOpenDrafts } from "./requests";

interface Props {
  planVersion: number;
  allowed: boolean;
  onClose: () => void;
}

export function Drafts({ planVersion, allowed, onClose }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { data, error, isPending } = useOpenDrafts(planVersion);
  const of = (kind: PlanDraft["kind"]) => data?.items.filter((each) => each.kind === kind) ?? [];
  const groups = [
    { title: t("board.proposals"), items: of("proposal") },
    { title: t("board.ownDrafts"), items: of("draft") },
  ].filter((group) => group.items.length > 0);
  return (
    <Drawer opened onClose={onClose} position="right" title={t("board.ownDrafts")} size="md">
      {isPending && <Loader size="sm" color="ink" aria-label={t("loading")} />}
      {error !== null && <p role="alert">{problemWords(error)}</p>}
      {data !== undefined && groups.length === 0 && (
        <Empty title={t("board.noDrafts")} hint={t("board.noDraftsHint")} />
      )}
      {groups.map((group) => (
        <section key={group.title}>
          <h3 className={css.heading}>{group.title}</h3>
          {group.items.map((draft) => (
            <Draft key={draft.id} draft={draft} allowed={allowed} onOpened={onClose} />
          ))}
        </section>
      ))}
    </Drawer>
  );
}

function Draft(props: { draft: PlanDraft; allowed: boolean; onOpened: () => void }) {
  const { draft, allowed, onOpened } = props;
  const { t } = useTranslation();
  const words = useWords();
  const load = usePending((state) => state.load);
  const decide = useDecide();
  const gain = -draft.figures.cost_delta_s;
  const title =
    draft.kind === "proposal"
      ? t("board.proposal", { gain: words.duration(gain), count: draft.moves.length })
      : (draft.title ?? t("board.untitled"));
  return (
    <article className={css.card} data-testid="plan-draft" data-kind={draft.kind}>
      <strong>{title}</strong>
      <Figures figures={draft.figures} violations={draft.figures.violations} />
      <details>
        <summary>{t("board.details")}</summary>
        <DiffList diff={draft.diff} />
      </details>
      {allowed && (
        <Group gap="xs" mt="xs">
          <Button
            size="compact-sm"
            loading={decide.isPending}
            disabled={!draft.figures.feasible}
            data-testid="draft-accept"
            onClick={() => decide.mutate({ draft, accept: true, force: false })}
          >
            {t(draft.kind === "proposal" ? "board.accept" : "board.publish")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              load(
                draft.moves.map(({ task_id, crew_id, position, pinned }) => ({
                  task_id,
                  crew_id,
                  position,
                  pinned,
                })),
              );
              onOpened();
            }}
          >
            {t("board.open")}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            disabled={decide.isPending}
            onClick={() => decide.mutate({ draft, accept: false, force: false })}
          >
            {t("board.reject")}
          </Button>
        </Group>
      )}
    </article>
  );
}
