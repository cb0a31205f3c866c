/** Has the server heard everything? */
import { useTranslation } from "react-i18next";
import { useWords } from "../ui/useWords";
import css from "./crew.module.css";
import { useOutbox } from "./outbox";
import { pendingOf, usePhotos } from "./proofs";

export function SyncStrip() {
  const { t } = useTranslation();
  const words = useWords();
  const { items, waiting, lastSentAt } = useOutbox();
  const photos = usePhotos((state) => pendingOf(state.photos));
  const pending = items.length + photos;
  const parts = [
    pending === 0 ? t("sync.current") : t("sync.pending", { count: pending }),
    waiting && pending > 0 ? t("sync.offline") : null,
    lastSentAt === null ? null : t("sync.last", { time: words.time(lastSentAt) }),
  ];
  return (
    <div className={css.sync} role="status" data-testid="sync" data-pending={pending}>
      {parts.filter((part) => part !== null).join(" · ")}
    </div>
  );
}
