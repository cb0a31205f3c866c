/** That a person decided this, and the way to let re-planning decide again. */
import { Button } from "@mantine/core";
import { IconPinFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLive } from "../live/live";
import { assignmentOf } from "../live/status";
import css from "./board.module.css";
import { useUnpin } from "./requests";

export function PinnedNote({ taskId, allowed }: { taskId: string; allowed: boolean }) {
  const { t } = useTranslation();
  const visit = useLive((live) => assignmentOf(live.world, taskId));
  const unpin = useUnpin();
  if (visit?.pinned !== true || !["planned", "offered", "accepted"].includes(visit.state)) {
    return null;
  }
  return (
    <div className={css.pinned} data-testid="board-pinned">
      <IconPinFilled size={14} aria-hidden="true" />
      <span>{t("board.pinned")}</span>
      {allowed && (
        <Button
          size="compact-xs"
          variant="subtle"
          loading={unpin.isPending}
          data-testid="board-unpin"
          onClick={() => unpin.mutate(taskId)}
        >
          {t("board.unpin")}
        </Button>
      )}
    </div>
  );
}
