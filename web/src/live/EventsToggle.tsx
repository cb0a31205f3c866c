/** Opens and closes the events beside the map. */
import { UnstyledButton } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useSelection } from "../ui/selection";
import css from "../ui/ui.module.css";

export function EventsToggle() {
  const { t } = useTranslation();
  const { events, setView } = useSelection();
  return (
    <UnstyledButton
      className={`${css.headerButton ?? ""} ${css.wideOnly ?? ""}`}
      aria-pressed={events}
      data-testid="events-toggle"
      onClick={() => setView(events ? "map" : "events")}
    >
      <IconBell size={19} stroke={1.7} />
      {t("events.title")}
    </UnstyledButton>
  );
}
