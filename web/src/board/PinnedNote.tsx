/** Whether a person decided this, and the way to decide so, or to let re-planning decide again. */
import { Button } from "@mantine/core";
import { IconPin, IconPinFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { boardWords } from "../i18n/board/words";
import { useLive } from "../live/live";
import { assignmentOf } from "../live/status";
import css from "./board.module.css";
import { usePin } from "./requests";

export function PinnedNote({ taskId, allowed }: { taskId: string; allowed: boolean }) {
  const { t } = useTranslation();
  const visit = useLive((live) => assignmentOf(live.world, taskId));
  const pin = usePin();
  if (visit === undefined || !["planned", "offered", "accepted"].includes(visit.state)) return null;
  const { pinned } = visit;
  if (!pinned && !allowed) return null;
  const Icon = pinned ? IconPinFilled : IconPin;
  return (
    <div className={css.pinned} data-testid="board-pinned" data-pinned={pinned}>
      <Icon size={14} aria-hidden="true" />
      <span>{pinned ? t("board.pinned") : boardWords(t, "free")}</span>
      {allowed && (
        <Button
          size="compact-xs"
          variant="subtle"
          loading={pin.isPending}
          data-testid={pinned ? "board-unpin" : "board-pin"}
          onClick={() => pin.mutate({ taskId, pinned: !pinned })}
        >
          {pinned ? t("board.unpin") : boardWords(t, "pin")}
        </Button>
      )}
    </div>
  );
}
