/** The office's screens, those the signed-in person may open. */
import { UnstyledButton } from "@mantine/core";
import { IconCalendarUser, IconClipboardCheck, IconLayoutKanban, IconMap2, IconPolygon, IconRoute } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import type { Me } from "../api/shapes";
import { looksBack, may } from "../auth/rights";
import css from "./ui.module.css";

const SCREENS = [
  { key: "map", to: "/map", icon: IconMap2, open: () => true },
  { key: "board", to: "/board", icon: IconLayoutKanban, open: (me: Me) => may(me, "plan:read") },
  {
    key: "attendance",
    to: "/attendance",
    icon: IconClipboardCheck,
    open: (me: Me) => may(me, "attendance:read"),
  },
  {
    key: "presence",
    to: "/presence",
    icon: IconCalendarUser,
    open: (me: Me) => may(me, "presence:read"),
  },
  { key: "trips", to: "/trips", icon: IconRoute, open: looksBack },
  { key: "fences", to: "/fences", icon: IconPolygon, open: (me: Me) => may(me, "fence:read") },
] as const;

export function OfficeNav({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <nav className={css.screens} aria-label={t("nav.title")}>
      {SCREENS.filter(({ open }) => open(me)).map(({ key, to, icon: Icon }) => (
        <UnstyledButton
          key={key}
          component={NavLink}
          to={to}
          className={css.headerButton}
          aria-label={t(`nav.${key}`)}
          data-testid={`to-${key}`}
        >
          <Icon size={19} stroke={1.7} aria-hidden="true" />
          <span className={css.screenName}>{t(`nav.${key}`)}</span>
        </UnstyledButton>
      ))}
    </nav>
  );
}
