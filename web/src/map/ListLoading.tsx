import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function ListLoading() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("list.loading")} style={{ padding: 16 }}>
      {[0, 1, 2, 3, 4].map((i) => (
        <Skeleton key={i} height={52} mb={12} radius="md" />
      ))}
    </div>
  );
}
