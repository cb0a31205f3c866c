/** Is what one sees live? */
import { useTranslation } from "react-i18next";
import { useLive } from "../live/live";
import css from "./ui.module.css";

export function LinkBadge() {
  const { t } = useTranslation();
  const link = useLive((live) => live.link);
  return (
    <span className={css.link} role="status" data-testid="live-state" data-state={link}>
      {t(`live.${link}`)}
    </span>
  );
}
