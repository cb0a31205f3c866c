/** The bar above the map. */
import { UnstyledButton } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/shapes";
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
