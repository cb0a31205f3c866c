/** The tenant's fences, searched, the closed ones last. */
import { Badge, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Fence, Site } from "../api/shapes";
import { FENCES, INK } from "../ui/colours";
import { Empty } from "../ui/Empty";
import css from "./fences.module.css";

interface Props {
  fences: readonly Fence[];
  sites: readonly Site[];
  search: string;
  selected: string | null;
  onPick: (fence: string) => void;
}

const plain = (text: string) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

export function FenceList({ fences, sites, search, selected, onPick }: Props) {
  const { t } = useTranslation();
  const names = new Map(sites.map((site) => [site.id, site.name]));
  const siteOf = (fence: Fence) =>
    fence.site_id === null ? t("fences.noSite") : (names.get(fence.site_id) ?? t("unknown"));
  const wanted = plain(search.trim());
  const shown = fences
    .filter((fence) => plain(`${fence.name} ${siteOf(fence)}`).includes(wanted))
    .sort((a, b) => Number(b.active) - Number(a.active) || a.name.localeCompare(b.name));
  if (fences.length === 0) return <Empty title={t("fences.none")} hint={t("fences.noneHint")} />;
  if (shown.length === 0) return <Empty title={t("tasks.noneFound")} hint={t("fences.noneFoundHint")} />;
  return (
    <ul className={css.list} data-testid="fence-list">
      {shown.map((fence) => (
        <li key={fence.id}>
          <UnstyledButton
            className={css.row}
            aria-current={fence.id === selected}
            onClick={() => onPick(fence.id)}
            data-testid="fence-row"
            data-fence={fence.id}
          >
            <span className={css.swatch} style={{ background: FENCES[fence.kind] ?? INK }} aria-hidden="true" />
            <span className={css.rowText}>
              <strong>{fence.name}</strong>
              <span>
                {t(`fences.kinds.${fence.kind}`)} · {siteOf(fence)}
              </span>
            </span>
            {!fence.active && (
              <Badge variant="light" color="gray">
                {t("fences.closed")}
              </Badge>
            )}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
