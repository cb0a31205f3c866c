/** The alerts nobody has settled, behind one button of the header. */
import { Loader, Popover, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import type { Alert, Me, Page } from "../api/shapes";
import { useLive } from "../live/live";
import { Empty } from "../ui/Empty";
import { useProblemWords } from "../ui/problemWords";
import ui from "../ui/ui.module.css";
import { AlertCard } from "./AlertCard";
import css from "./alerts.module.css";

/** Read again whenever the log tells of an alert, and every minute in case it did not. */
function useAlerts() {
  const told = useLive((live) => live.world.log.find((event) => event.kind.startsWith("alert."))?.at);
  return useQuery({
    queryKey: ["alerts", told ?? 0],
    queryFn: ({ signal }) => request<Page<Alert>>("GET", "/alerts", { query: { pending: true }, signal }),
    placeholderData: (previous) => previous,
    refetchInterval: 60_000,
  });
}

export function Alerts({ me }: { me: Me }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const alerts = useAlerts();
  const items = alerts.data?.items ?? [];
  const open = items.filter((alert) => alert.acked_at === null).length;
  return (
    <Popover position="bottom-end" width={340} shadow="md" trapFocus>
      <Popover.Target>
        <UnstyledButton
          className={ui.headerButton}
          aria-label={t("alerts.button", { count: open })}
          data-testid="alerts-toggle"
          data-count={open}
        >
          <IconAlertTriangle size={19} stroke={1.7} aria-hidden="true" />
          <span className={ui.wideOnly}>{t("alerts.title")}</span>
          {open > 0 && <span className={css.count}>{open}</span>}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t("alerts.title")}>
        {alerts.isPending && (
          <div className={css.waiting} role="status" aria-label={t("loading")}>
            <Loader size="sm" color="ink" />
          </div>
        )}
        {alerts.error !== null && (
          <div role="alert">
            <Empty title={t("alerts.failed")} hint={problemWords(alerts.error)} />
          </div>
        )}
        {alerts.data !== undefined && items.length === 0 && (
          <Empty title={t("alerts.none")} hint={t("alerts.noneHint")} />
        )}
        <ol className={css.list}>
          {items.map((alert) => (
            <AlertCard key={alert.id} alert={alert} me={me} />
          ))}
        </ol>
      </Popover.Dropdown>
    </Popover>
  );
}
