/** The last look before the plan changes for everybody: what changes, at what price. */
import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WhatIf } from "../api/shapes";
import { DiffList } from "./DiffList";
import { Figures } from "./Figures";
import { usePending } from "./pending";
import { useKeepDraft, usePublishMoves } from "./requests";

interface Props {
  answer: WhatIf;
  onClose: () => void;
}

export function Review({ answer, onClose }: Props) {
  const { t } = useTranslation();
  const { moves, clear } = usePending();
  const [title, setTitle] = useState("");
  const [asked, setAsked] = useState(false);
  const done = () => {
    clear();
    onClose();
  };
  const publish = usePublishMoves(done);
  const keep = useKeepDraft(done);
  const busy = publish.isPending || keep.isPending;
  const goes = answer.feasible || asked;
  const label = answer.feasible ? "board.publish" : asked ? "board.forceSure" : "board.force";
  return (
    <Modal opened onClose={onClose} title={t("board.dialog")} size="lg" data-testid="board-review">
      <Figures
        figures={answer.figures}
        violations={answer.violations}
        reasons={answer.reasons}
      />
      <DiffList diff={answer.diff} />
      <Group mt="md" align="end">
        <TextInput
          label={t("board.name")}
          value={title}
          maxLength={100}
          style={{ flex: 1 }}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Button
          variant="default"
          loading={keep.isPending}
          disabled={busy}
          data-testid="board-keep"
          onClick={() => keep.mutate({ moves, title: title.trim() === "" ? null : title.trim() })}
        >
          {t("board.keep")}
        </Button>
        <Button
          color={answer.feasible ? undefined : "red"}
          loading={publish.isPending}
          disabled={busy}
          data-autofocus
          data-testid="board-publish"
          onClick={() =>
            goes ? publish.mutate({ moves, force: !answer.feasible }) : setAsked(true)
          }
        >
          {t(label)}
        </Button>
      </Group>
    </Modal>
  );
}
