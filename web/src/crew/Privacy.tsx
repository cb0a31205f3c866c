/** "Vie privée": from this moment nothing about where one is gets stored. */
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { Page, PrivatePeriod } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { serverNow } from "../live/clock";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";

const KEY = ["private-periods"];

function isOpen(period: PrivatePeriod): boolean {
  const now = serverNow();
  return (
    period.kind === "private" &&
    // A period started this second by another clock counts.
    Date.parse(period.starts_at) <= now + 5000 &&
    (period.ends_at === null || Date.parse(period.ends_at) > now)
  );
}

export function Privacy() {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const periods = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => request<Page<PrivatePeriod>>("GET", "/private-periods", { signal }),
    refetchInterval: 60_000,
  });
  const open = periods.data?.items.find(isOpen);
  const toggle = useMutation({
    mutationFn: () =>
      open === undefined
        ? request<PrivatePeriod>("POST", "/private-periods", {
            body: { id: uuid7(), kind: "private" },
            idempotencyKey: uuid7(),
          })
        : request<PrivatePeriod>("POST", `/private-periods/${open.id}/end`, {
            idempotencyKey: uuid7(),
          }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }),
    onError: (error) => toast("bad", problemWords(error)),
  });
  const Icon = open === undefined ? IconEye : IconEyeOff;

  return (
    <footer className={css.privacy} data-on={open !== undefined}>
      <Icon size={26} aria-hidden="true" />
      <span className={css.privacyWords}>
        <strong>{t(open === undefined ? "privacy.off" : "privacy.on")}</strong>
        <span>
          {open === undefined
            ? t("privacy.offHint")
            : t("privacy.onHint", { time: words.time(open.starts_at) })}
        </span>
      </span>
      <button
        type="button"
        role="switch"
        aria-checked={open !== undefined}
        aria-label={t("privacy.title")}
        disabled={toggle.isPending || periods.data === undefined}
        data-testid="privacy-toggle"
        onClick={() => toggle.mutate()}
      >
        {t(open === undefined ? "privacy.start" : "privacy.end")}
      </button>
    </footer>
  );
}
