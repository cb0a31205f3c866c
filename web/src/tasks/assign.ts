/** Give a task to a crew, and offer to take it back. */
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { Assignment } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { useProblemWords } from "../ui/problemWords";
import { toast, toastWithUndo } from "../ui/toasts";

interface Gift {
  taskId: string;
  crewId: string;
  crewName: string;
  force: boolean;
  /** The crew that had it, to give it back to. */
  previous: { id: string; name: string } | null;
}

export function useAssign() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const assign = useMutation({
    mutationFn: ({ taskId, crewId, force }: Gift) =>
      request<Assignment>("POST", `/tasks/${taskId}/assign`, {
        body: { crew_id: crewId, force },
        idempotencyKey: uuid7(),
      }),
    onSuccess: (_, gift) => {
      void queryClient.invalidateQueries({ queryKey: ["candidates", gift.taskId] });
      const said = t("assign.done", { crew: gift.crewName });
      const { previous } = gift;
      if (previous === null) toast("good", said);
      else {
        toastWithUndo(said, t("assign.undo", { crew: previous.name }), () =>
          assign.mutate({
            taskId: gift.taskId,
            crewId: previous.id,
            crewName: previous.name,
            force: true,
            previous: null,
          }),
        );
      }
    },
    onError: (error) => toast("bad", problemWords(error)),
  });
  return assign;
}
