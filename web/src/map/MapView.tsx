/** The map with what floats on it: legend, count, the selected device's card. */
import { ActionIcon, Loader, Tooltip } from "@mantine/core";
import { IconFocusCentered } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import "maplibre-gl/dist/maplibre-gl.css";
import { useLive } from "../live/live";
import { useSelection } from "../ui/selection";
import { DeviceCard } from "./DeviceCard";
import { Legend } from "./Legend";
import css from "./map.module.css";
import { useMap } from "./useMap";

function gridWords(metres: number): string {
  return metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
}

export default function MapView({ tileUrl }: { tileUrl: string | null }) {
  const { t } = useTranslation();
  const container = useRef<HTMLDivElement>(null);
  const { ready, figures, fit } = useMap(container, tileUrl);
  const loaded = useLive((live) => live.world.at !== null);
  const selected = useSelection((state) => state.selected);

  return (
    <section
      className={css.frame}
      aria-label={t("map.title")}
      data-testid="map"
      data-ready={ready && loaded}
      data-devices={figures.shown}
      data-fix-frames={figures.frames}
    >
      <div ref={container} className={css.canvas} data-testid="map-canvas" />
      {!(ready && loaded) && (
        <div className={css.loading} role="status">
          <Loader size="sm" color="ink" />
          <span>{t("map.loading")}</span>
        </div>
      )}
      <div className={css.topright}>
        <span className={css.count} data-testid="device-count" data-count={figures.shown}>
          {t("map.devices", { count: figures.shown })}
        </span>
        <Tooltip label={t("map.fit")} position="left">
          <ActionIcon
            variant="white"
            size={36}
            radius="md"
            className={css.float}
            aria-label={t("map.fit")}
            onClick={fit}
          >
            <IconFocusCentered size={19} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </div>
      {tileUrl === null && figures.gridM > 0 && (
        <span className={css.grid}>{t("map.grid", { side: gridWords(figures.gridM) })}</span>
      )}
      <Legend />
      {selected?.kind === "device" && <DeviceCard deviceId={selected.id} key={selected.id} />}
    </section>
  );
}
