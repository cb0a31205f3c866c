/** "Ce que l'entreprise voit de moi": the last position, who looked, until when, the notice, a copy. */
import type { TFunction } from "i18next";
import { Loader } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { OwnData, PrivacyLedger } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import fr from "../i18n/fr.json";
import { useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { useNow } from "../ui/useNow";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";

const KEY = ["ledger"];

export function Ledger() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const ledger = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => request<PrivacyLedger>("GET", "/my/privacy", { signal }),
    refetchInterval: 30_000,
    staleTime: 0,
  });
  return (
    <>
      <h1 className={css.ledgerTitle}>{t("ledger.title")}</h1>
      {ledger.isPending && <Loader color="ink" aria-label={t("loading")} mx="auto" my="xl" />}
      {ledger.error !== null && <p role="alert">{problemWords(ledger.error)}</p>}
      {ledger.data !== undefined && (
        <>
          <LastPosition position={ledger.data.last_position} />
          <Looks looks={ledger.data.looks} since={ledger.data.looks_since} />
          <Notices notices={ledger.data.notices} />
          <Copy />
        </>
      )}
    </>
  );
}

function useDates() {
  const { lang, tz } = useWords();
  return (iso: string, time = false) =>
    new Intl.DateTimeFormat(lang, {
      day: "numeric",
      month: "long",
      timeZone: tz,
      ...(time ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { year: "numeric" }),
    }).format(new Date(iso));
}

function LastPosition({ position }: { position: PrivacyLedger["last_position"] }) {
  const { t } = useTranslation();
  const words = useWords();
  const date = useDates();
  const now = useNow(5000);
  return (
    <section className={css.card} data-testid="ledger-position" data-visible={position !== null}>
      <h2>{t("ledger.last")}</h2>
      {position === null ? (
        <>
          <p className={css.big}>{t("ledger.lastNone")}</p>
          <p>{t("ledger.lastNoneHint")}</p>
        </>
      ) : (
        <>
          <p className={css.big}>
            {t("ledger.seen", {
              label: position.label,
              age: words.age(now - Date.parse(position.observed_at)),
            })}
          </p>
          <p>
            {position.lat.toFixed(5)}, {position.lon.toFixed(5)}
            {position.accuracy_m !== null &&
              ` · ${t("ledger.accuracy", { value: Math.round(position.accuracy_m) })}`}
          </p>
          <p>
            {t("ledger.why", { purpose: purposeWords(t, position.purpose) })} ·{" "}
            {t("ledger.purge", { date: date(position.purge_at) })}
          </p>
        </>
      )}
    </section>
  );
}

function has<Table extends object>(table: Table, key: string): key is Extract<keyof Table, string> {
  return Object.hasOwn(table, key);
}

function purposeWords(t: TFunction, purpose: string): string {
  return has(fr.ledger.purpose, purpose) ? t(`ledger.purpose.${purpose}`) : purpose;
}

function Looks({ looks, since }: { looks: PrivacyLedger["looks"]; since: string }) {
  const { t } = useTranslation();
  const date = useDates();
  const what = (object: string) =>
    t(has(fr.ledger.object, object) ? `ledger.object.${object}` : "ledger.object.other");
  const how = (way: string | null) =>
    t(way !== null && has(fr.ledger.how, way) ? `ledger.how.${way}` : "ledger.how.other");
  const why = (reason: string) =>
    has(fr.replay.motive, reason) ? t(`replay.motive.${reason}`) : reason;
  const who = (profile: string) =>
    has(fr.profile, profile) ? t(`profile.${profile}`) : profile;
  return (
    <section className={css.card} data-testid="ledger-looks">
      <h2>{t("ledger.looks")}</h2>
      {looks.length === 0 && <p>{t("ledger.looksNone", { date: date(since) })}</p>}
      <ul className={css.looks}>
        {looks.map((look) => (
          <li key={look.seq}>
            <strong>
              {look.who} <small>({who(look.profile)})</small>
            </strong>
            <span>
              {date(look.at, true)} · {what(look.object)}, {how(look.how)}
              {look.why !== null && ` · ${t("ledger.reason", { why: why(look.why) })}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Notices({ notices }: { notices: PrivacyLedger["notices"] }) {
  const { t } = useTranslation();
  const date = useDates();
  const problemWords = useProblemWords();
  const sign = useMutation({
    mutationFn: (version: string) =>
      request("POST", "/notices/signatures", {
        body: { notice_version: version },
        idempotencyKey: uuid7(),
      }),
    onSuccess: () => toast("good", t("ledger.signDone")),
    onError: (error) => toast("bad", problemWords(error)),
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <section className={css.card} data-testid="ledger-notice">
      <h2>{t("ledger.notice")}</h2>
      {notices.length === 0 && <p>{t("ledger.noticeNone")}</p>}
      {notices.map((notice) => {
        const { notice_version: version, signed_at: signedAt } = notice;
        const complete = version !== null && notice.cse_date !== null;
        return (
          <div key={notice.policy_id} className={css.notice}>
            <p className={css.big}>
              {notice.policy}
              {version !== null && ` (${version})`}
            </p>
            <p>
              {t("ledger.why", { purpose: purposeWords(t, notice.purpose) })},{" "}
              {t("ledger.days", { days: notice.retention_days })}
            </p>
            {!complete && <p>{t("ledger.incomplete")}</p>}
            {complete && signedAt !== null && (
              <p>{t("ledger.signed", { date: date(signedAt) })}</p>
            )}
            {complete && signedAt === null && (
              <>
                <p>{t("ledger.unsigned")}</p>
                <button
                  type="button"
                  className={css.primary}
                  disabled={sign.isPending}
                  data-testid="sign"
                  onClick={() => sign.mutate(version)}
                >
                  {t("ledger.sign")}
                </button>
              </>
            )}
          </div>
        );
      })}
    </section>
  );
}

/** All that is kept, page by page, as one file: JSON whose `positions` are GeoJSON. */
async function wholeCopy(): Promise<object> {
  const first = await request<OwnData>("GET", "/my/data");
  const features = [...((first.positions.features as unknown[] | undefined) ?? [])];
  let before = first.positions_before;
  while (before !== null) {
    const more: OwnData = await request<OwnData>("GET", "/my/data", { query: { before } });
    features.push(...((more.positions.features as unknown[] | undefined) ?? []));
    before = more.positions_before;
  }
  return { ...first, positions: { type: "FeatureCollection", features }, positions_before: null };
}

function Copy() {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const copy = useMutation({
    mutationFn: wholeCopy,
    onSuccess: (data) => {
      const url = URL.createObjectURL(
        new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }),
      );
      const link = document.createElement("a");
      link.href = url;
      link.download = "mes-donnees.json";
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    },
    onError: (error) => toast("bad", problemWords(error)),
  });
  return (
    <button
      type="button"
      className={css.secondary}
      disabled={copy.isPending}
      data-testid="copy"
      onClick={() => copy.mutate()}
    >
      <IconDownload size={22} aria-hidden="true" />
      {t(copy.isPending ? "ledger.copying" : "ledger.copy")}
    </button>
  );
}
