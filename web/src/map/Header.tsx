/** The bar above the map. */
import { UnstyledButton } from "@mantine/core";
import { IconBell, IconClipboardCheck, IconPolygon, IconRoute } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Alerts } from "../alerts/Alerts";
import type { Me } from "../api/shapes";
import { looksBack, may } from "../auth/rights";
import { Account } from "../ui/Account";
import { Brand } from "../ui/Brand";
import { LinkBadge } from "../ui/LinkBadge";
import { useSelection } from "../ui/selection";
import css from "../ui/ui.module.css";

export function Header({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { events, setView } = useSelection();
  return (
    <header className={css.header}>
      <Brand />
      <span className={css.tenant}>{me.tenant.name}</span>
      <span className={css.spacer} />
      <LinkBadge />
      {may(me, "alert:read") && <Alerts me={me} />}
      {may(me, "attendance:read") && (
        <Link to="/attendance" className={css.headerButton} data-testid="to-attendance">
          <IconClipboardCheck size={19} stroke={1.7} aria-hidden="true" />
          <span className={css.wideOnly}>{t("attendance.open")}</span>
        </Link>
      )}
      {looksBack(me) && (
        <UnstyledButton
          component={Link}
          className={`${css.headerButton ?? ""} ${css.wideOnly ?? ""}`}
          to="/trips"
          data-testid="to-trips"
        >
          <IconRoute size={19} stroke={1.7} aria-hidden="true" />
          {t("nav.trips")}
        </UnstyledButton>
      )}
      {may(me, "fence:read") && (
        <Link className={`${css.headerButton ?? ""} ${css.wideOnly ?? ""}`} to="/fences" data-testid="to-fences">
          <IconPolygon size={19} stroke={1.7} aria-hidden="true" />
          {t("fences.title")}
        </Link>
      )}
      <UnstyledButton
        className={`${css.headerButton ?? ""} ${css.wideOnly ?? ""}`}
        aria-pressed={events}
        data-testid="events-toggle"
        onClick={() => setView(events ? "map" : "events")}
      >
        <IconBell size={19} stroke={1.7} />
        {t("events.title")}
      </UnstyledButton>
      <Account me={me} />
    </header>
  );
}
