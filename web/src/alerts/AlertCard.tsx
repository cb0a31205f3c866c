/** One alert: which machine, since when, what came of it, and the note of whoever looks after it. */
import { Badge, Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { Alert, Me } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { may } from "../auth/rights";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import css from "./alerts.module.css";

export function AlertCard({ alert, me }: { alert: Alert; me: Me }) {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const [note, setNote] = useState("");
  const acknowledge = useMutation({
    mutationFn: () =>
      request<Alert>("POST", `/alerts/${alert.id}/acknowledge`, {
        body: { note: note.trim() },
        idempotencyKey: uuid7(),
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["alerts"] }),
    onError: (error) => toast("bad", problemWords(error)),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (note.trim() !== "") acknowledge.mutate();
  };
  const open = alert.closed_at === null;
  return (
    <li className={css.card} data-testid="alert" data-open={open}>
      <div className={css.head}>
        <strong>{alert.vehicle_label}</strong>
        <Badge size="sm" color={open ? "red" : "gray"} variant={open ? "filled" : "light"}>
          {t(open ? "alerts.open" : `alerts.closedBy.${alert.closed_by ?? "ended"}`)}
        </Badge>
      </div>
      <span>{t(`alerts.rule.${alert.rule}`)}</span>
      <span className={css.when}>
        {words.dayTime(alert.opened_at)}
        {alert.closed_at !== null && ` – ${words.dayTime(alert.closed_at)}`}
      </span>
      {alert.acked_at !== null && (
        <span className={css.when}>{t("alerts.acked", { note: alert.ack_note ?? "" })}</span>
      )}
      {alert.acked_at === null && may(me, "alert:acknowledge") && (
        <form className={css.form} onSubmit={submit}>
          <TextInput
            size="xs"
            aria-label={t("alerts.note")}
            placeholder={t("alerts.note")}
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.currentTarget.value)}
            data-testid="alert-note"
          />
          <Button
            size="xs"
            type="submit"
            disabled={note.trim() === ""}
            loading={acknowledge.isPending}
            data-testid="alert-acknowledge"
          >
            {t("alerts.acknowledge")}
          </Button>
        </form>
      )}
    </li>
  );
}
