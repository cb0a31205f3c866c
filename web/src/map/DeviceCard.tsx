/** The card of a selected vehicle or phone: who, doing what, how fresh, how exact. */
import { Button, CloseButton } from "@mantine/core";
import { IconClipboardList } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DoingLine } from "../crews/DoingLine";
import { fixes, useLive } from "../live/live";
import { doingOf, STALE_MS, toneOf } from "../live/status";
import { useSelection } from "../ui/selection";
import { useNow } from "../ui/useNow";
import { useWords } from "../ui/useWords";
import { drawDevice } from "./icons";
import css from "./map.module.css";
import { Symbol } from "./Symbol";

export function DeviceCard({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  const world = useLive((live) => live.world);
  const select = useSelection((state) => state.select);
  const device = world.devices.get(deviceId);
  const fix = fixes.latest.get(deviceId);
  if (device === undefined || fix === undefined) return null;

  const crew = device.crew_id === null ? undefined : world.crews.get(device.crew_id);
  const member = crew?.members.find((item) => item.worker_id === device.worker_id);
  const tone = toneOf(world, device, fix, now);
  const stale = now - fix.observedAt > STALE_MS;
  const vehicle = device.kind === "tracker";
  const doing = crew === undefined ? undefined : doingOf(world, crew);

  return (
    <aside className={css.card} aria-label={device.label} data-testid="device-card">
      <div className={css.cardHead}>
        <Symbol
          side={36}
          draw={drawDevice({ vehicle, moving: fix.moving && fix.headingDeg !== null, stale, tone })}
        />
        <div className={css.cardTitle}>
          {member?.name ?? device.label}
          <div className={css.cardSub}>
            {[crew?.name, t(`tone.${tone}`)].filter(Boolean).join(" · ")}
          </div>
        </div>
        <CloseButton aria-label={t("close")} onClick={() => select(null)} />
      </div>
      {doing !== undefined && <DoingLine doing={doing} />}
      <dl className={css.facts}>
        <dt>{t("card.age")}</dt>
        <dd className={stale ? css.stale : undefined} data-testid="device-age">
          {words.age(now - fix.observedAt)}
        </dd>
        <dt>{t("card.speed")}</dt>
        <dd>
          {fix.speedMps === null || !fix.moving
            ? t(fix.moving ? "unknown" : "card.stopped")
            : `${Math.round(fix.speedMps * 3.6)} km/h`}
        </dd>
        <dt>{t("card.accuracy")}</dt>
        <dd>{fix.accuracyM === null ? t("unknown") : `± ${Math.round(fix.accuracyM)} m`}</dd>
      </dl>
      {doing !== undefined && "task" in doing && (
        <Button
          fullWidth
          mt="sm"
          variant="light"
          leftSection={<IconClipboardList size={17} />}
          onClick={() => select({ kind: "task", id: doing.task.id })}
        >
          {t("card.openTask")}
        </Button>
      )}
    </aside>
  );
}
