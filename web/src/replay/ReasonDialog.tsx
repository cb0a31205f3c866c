/** Whoever looks back says why, before anything is shown. */
import { Button, Group, Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Motive } from "../api/shapes";

const MOTIVES = [
  "incident", "safety", "theft", "customer_dispute", "proof_of_service", "worker_request",
] as const satisfies Motive[]; // prettier-ignore
const NOTE_LEAST = 3;

interface Asking {
  opened: boolean;
  pending: boolean;
  subject: string;
  onClose: () => void;
  onReason: (motive: Motive, note: string) => void;
}

export function ReasonDialog({ opened, pending, subject, onClose, onReason }: Asking) {
  const { t } = useTranslation();
  const [motive, setMotive] = useState<Motive | null>(null);
  const [note, setNote] = useState("");
  const [tried, setTried] = useState(false);
  const short = note.trim().length < NOTE_LEAST;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (motive !== null && !short) onReason(motive, note.trim());
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("replay.reason.title")}
      centered
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={submit} noValidate data-testid="reason-form">
        <Stack gap="sm">
          <Text size="sm" fw={600}>
            {subject}
          </Text>
          <Group gap={8} wrap="nowrap" align="flex-start">
            <IconShieldLock size={20} stroke={1.7} aria-hidden="true" style={{ flex: "none" }} />
            <Text size="sm">{t("replay.reason.logged")}</Text>
          </Group>
          <Select
            label={t("replay.reason.motive")}
            placeholder={t("replay.reason.choose")}
            data={MOTIVES.map((value) => ({ value, label: t(`replay.motive.${value}`) }))}
            value={motive}
            onChange={(value) => setMotive(value)}
            error={tried && motive === null ? t("replay.reason.motiveMissing") : undefined}
            data-testid="reason-motive"
            data-autofocus
          />
          <Textarea
            label={t("replay.reason.note")}
            description={t("replay.reason.noteHint")}
            value={note}
            maxLength={500}
            autosize
            minRows={2}
            onChange={(event) => setNote(event.currentTarget.value)}
            error={tried && short ? t("replay.reason.noteMissing") : undefined}
            data-testid="reason-note"
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("replay.reason.cancel")}
            </Button>
            <Button type="submit" loading={pending} data-testid="reason-submit">
              {t("replay.reason.open")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
