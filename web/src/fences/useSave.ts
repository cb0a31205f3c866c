/** Save the fence in hand as a new version, under the version it was read at. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { ProblemError } from "../api/problem";
import type { Fence } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { changeBody, type Draft, type Faults, newBody, serverFaults } from "./draft";
import { useEditor } from "./editor";
import { keep } from "./queries";
import type { Sketch } from "./sketch";

interface Asked {
  draft: Draft;
  sketch: Sketch;
}

export function useSave(fence: Fence | null, onFaults: (faults: Faults) => void) {
  const { t } = useTranslation();
  const words = useProblemWords();
  const { open, rebase, close } = useEditor();
  // One id for this form's fence: pressing twice, or again after a cut, makes one.
  const [identity] = useState(() => ({ id: uuid7(), key: uuid7() }));

  const save = useMutation({
    mutationFn: async ({ draft, sketch }: Asked): Promise<Fence> => {
      if (fence === null) {
        const body = newBody(draft, sketch, identity.id);
        // A refused body may be another one next time; the id makes it one fence all the same.
        return request<Fence>("POST", "/fences", { body });
      }
      const body = changeBody(fence, draft, sketch);
      if (Object.keys(body).length === 0) return fence;
      return request<Fence>("PATCH", `/fences/${fence.id}`, { body, ifMatch: fence.version });
    },
    onSuccess: (saved) => {
      keep(saved);
      toast("good", t("fences.saved"));
      close();
    },
    onError: (error) => {
      if (error instanceof ProblemError) onFaults(serverFaults(error.problem, words(error)));
    },
  });

  /** After somebody else's change: take theirs, or keep one's own drawing on top of it. */
  const reread = useMutation({
    mutationFn: async (whose: "theirs" | "mine") => {
      if (fence === null) return;
      const newer = await request<Fence>("GET", `/fences/${fence.id}`);
      keep(newer);
      if (whose === "theirs") open(newer);
      else rebase(newer);
      save.reset();
    },
    onError: (error) => toast("bad", words(error)),
  });
  return { save, reread };
}
