/** What the board asks of the server: what-ifs, drafts, versions, proposals. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { ProblemError } from "../api/problem";
import { queryClient } from "../api/queries";
import type {
  Assignment,
  Page,
  PlanDraft,
  PlanMove,
  PlanVersion,
  PlanVersionDetail,
  Reverted,
  WhatIf,
} from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { boardWords } from "../i18n/board/words";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";

/** What would follow from the moves on the plan of now; asked again when that changes. */
export function useWhatIf(moves: readonly PlanMove[], planVersion: number) {
  return useQuery({
    queryKey: ["what-if", moves, planVersion],
    queryFn: ({ signal }) =>
      request<WhatIf>("POST", "/plan/what-if", { body: { moves }, signal }),
    enabled: moves.length > 0,
    placeholderData: (previous) => previous,
    refetchInterval: 60_000,
  });
}

export function useOpenDrafts(planVersion: number) {
  return useQuery({
    queryKey: ["plan-drafts", planVersion],
    queryFn: ({ signal }) =>
      request<Page<PlanDraft>>("GET", "/plan/drafts", {
        query: { state: "open", limit: 50 },
        signal,
      }),
    placeholderData: (previous) => previous,
    refetchInterval: 30_000,
  });
}

export function useVersions(planVersion: number) {
  return useQuery({
    queryKey: ["plan-versions", planVersion],
    queryFn: ({ signal }) =>
      request<Page<PlanVersion>>("GET", "/plan/versions", { query: { limit: 30 }, signal }),
    placeholderData: (previous) => previous,
  });
}

export function useVersion(version: number | null) {
  return useQuery({
    queryKey: ["plan-version", version],
    queryFn: ({ signal }) =>
      request<PlanVersionDetail>("GET", `/plan/versions/${version ?? 0}`, { signal }),
    enabled: version !== null,
  });
}

function refresh(): void {
  void queryClient.invalidateQueries({ queryKey: ["plan-drafts"] });
  void queryClient.invalidateQueries({ queryKey: ["plan-versions"] });
}

function keep(moves: readonly PlanMove[], title: string | null): Promise<PlanDraft> {
  const body = { id: uuid7(), moves, title };
  return request<PlanDraft>("POST", "/plan/drafts", { body, idempotencyKey: uuid7() });
}

function publishIt(draft: PlanDraft, force: boolean): Promise<PlanDraft> {
  return request<PlanDraft>("POST", `/plan/drafts/${draft.id}/publish`, {
    body: { force },
    ifMatch: draft.version,
    idempotencyKey: uuid7(),
  });
}

function putAside(draft: PlanDraft): Promise<PlanDraft> {
  return request<PlanDraft>("POST", `/plan/drafts/${draft.id}/reject`, {
    ifMatch: draft.version,
    idempotencyKey: uuid7(),
  });
}

function useSaid() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  return {
    t,
    onError: (error: unknown) => {
      refresh();
      const stale = error instanceof ProblemError && error.problem.code === "plan_moved_on";
      toast("bad", stale ? t("board.movedOn") : problemWords(error));
    },
  };
}

/** Publish the moves as a draft made for it. One that is refused is put aside again: its moves are
 * still on the board, and nobody asked to keep it. */
export function usePublishMoves(onDone: () => void) {
  const { t, onError } = useSaid();
  return useMutation({
    mutationFn: async ({ moves, force }: { moves: readonly PlanMove[]; force: boolean }) => {
      const draft = await keep(moves, null);
      try {
        return await publishIt(draft, force);
      } catch (error) {
        await putAside(draft);
        throw error;
      }
    },
    onSuccess: (draft) => {
      refresh();
      toast("good", t("board.published", { version: draft.published_version ?? 0 }));
      onDone();
    },
    onError,
  });
}

export function useKeepDraft(onDone: () => void) {
  const { t, onError } = useSaid();
  return useMutation({
    mutationFn: ({ moves, title }: { moves: readonly PlanMove[]; title: string | null }) =>
      keep(moves, title),
    onSuccess: () => {
      refresh();
      toast("good", t("board.kept"));
      onDone();
    },
    onError,
  });
}

/** Publish or put aside a draft, or a proposal of the machine's. */
export function useDecide() {
  const { t, onError } = useSaid();
  return useMutation({
    mutationFn: ({ draft, accept, force }: { draft: PlanDraft; accept: boolean; force: boolean }) =>
      accept ? publishIt(draft, force) : putAside(draft),
    onSuccess: (draft, { accept }) => {
      refresh();
      toast(
        "good",
        accept
          ? t("board.published", { version: draft.published_version ?? 0 })
          : t("board.rejected"),
      );
    },
    onError,
  });
}

export function useRevert(onDone: (said: Reverted, dryRun: boolean) => void) {
  const { onError } = useSaid();
  return useMutation({
    mutationFn: ({ version, dryRun }: { version: number; dryRun: boolean }) =>
      request<Reverted>("POST", "/plan/revert", {
        body: { to_version: version, dry_run: dryRun },
        idempotencyKey: uuid7(),
      }),
    onSuccess: (said, { dryRun }) => {
      refresh();
      onDone(said, dryRun);
    },
    onError,
  });
}

/** Keep a visit with its crew as it stands, or let re-planning move it again. */
export function usePin() {
  const { t, onError } = useSaid();
  return useMutation({
    mutationFn: ({ taskId, pinned }: { taskId: string; pinned: boolean }) =>
      request<Assignment>("POST", `/tasks/${taskId}/${pinned ? "pin" : "unpin"}`, {
        idempotencyKey: uuid7(),
      }),
    onSuccess: (_, { pinned }) =>
      toast("good", pinned ? boardWords(t, "pinned") : t("board.unpinned")),
    onError,
  });
}
