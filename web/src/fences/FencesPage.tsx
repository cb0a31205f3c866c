/** The screen of fences: the list, the map one draws on, the form of the one in hand. */
import { Button, CloseButton, TextInput, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconDownload, IconFileImport, IconPlus, IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { useSites } from "../api/queries";
import type { Me } from "../api/shapes";
import { may } from "../auth/rights";
import { useLiveLink } from "../live/live";
import { ListLoading } from "../map/ListLoading";
import { Empty } from "../ui/Empty";
import { OfficeHeader } from "../ui/OfficeHeader";
import { useProblemWords } from "../ui/problemWords";
import ui from "../ui/ui.module.css";
import { useEditor } from "./editor";
import { FenceForm } from "./FenceForm";
import { FenceList } from "./FenceList";
import css from "./fences.module.css";
import { ImportDialog } from "./ImportDialog";
import { useFences } from "./queries";

const EditorMap = lazy(() => import("./EditorMap"));

async function download(): Promise<void> {
  const found = await request<object>("GET", "/fences/export");
  const url = URL.createObjectURL(new Blob([JSON.stringify(found)], { type: "application/geo+json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "perimetres.geojson";
  link.click();
  URL.revokeObjectURL(url);
}

export default function FencesPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  useLiveLink();
  const fences = useFences();
  const sites = useSites();
  const { editing, touched, open, begin, close } = useEditor();
  const [search, setSearch] = useState("");
  const [importing, setImporting] = useState(false);
  const wanted = useDeferredValue(search);
  const exporting = useMutation({ mutationFn: download });
  const known = fences.data ?? [];
  const loaded = fences.data !== undefined && sites.data !== undefined;
  const inHand = editing === null || editing === "new" ? null : editing;

  useEffect(() => close, [close]);

  const leave = useCallback(() => {
    if (!touched || window.confirm(t("fences.leave"))) close();
  }, [touched, close, t]);
  const pick = (id: string) => {
    const fence = known.find((one) => one.id === id);
    if (fence === undefined || fence.id === inHand?.id) return;
    if (!touched || window.confirm(t("fences.leave"))) open(fence);
  };
  const error = fences.error ?? sites.error;

  return (
    <div className={ui.app}>
      <OfficeHeader me={me} />
      <div className={`${ui.body ?? ""} ${css.body ?? ""}`} data-editing={editing !== null}>
        <nav className={ui.side} aria-label={t("fences.title")}>
          <div className={ui.sideHead}>
            <h1 className={css.title}>{t("fences.title")}</h1>
            <TextInput
              type="search"
              aria-label={t("list.search")}
              placeholder={t("fences.search")}
              leftSection={<IconSearch size={16} />}
              rightSection={
                search !== "" && <CloseButton size="sm" aria-label={t("list.clear")} onClick={() => setSearch("")} />
              }
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
              data-testid="fence-search"
            />
            <div className={css.actions}>
              {may(me, "fence:create") && (
                <Button leftSection={<IconPlus size={18} />} onClick={() => begin("Polygon")} data-testid="fence-new">
                  {t("fences.new")}
                </Button>
              )}
              {may(me, "fence:create") && (
                <Button
                  variant="default"
                  leftSection={<IconFileImport size={17} />}
                  onClick={() => setImporting(true)}
                  data-testid="fence-import"
                >
                  {t("fences.import")}
                </Button>
              )}
              <Button
                variant="default"
                aria-label={t("fences.export")}
                title={t("fences.export")}
                loading={exporting.isPending}
                disabled={known.length === 0}
                onClick={() => exporting.mutate()}
                px={10}
              >
                <IconDownload size={17} />
              </Button>
            </div>
          </div>
          <div className={ui.sideList}>
            {error !== null && (
              <div role="alert">
                <Empty title={t("fences.failed")} hint={problemWords(error)} />
                <UnstyledButton
                  className={css.retry}
                  onClick={() => {
                    void fences.refetch();
                    void sites.refetch();
                  }}
                >
                  {t("retry")}
                </UnstyledButton>
              </div>
            )}
            {error === null && !loaded && <ListLoading />}
            {loaded && (
              <FenceList
                fences={known}
                sites={sites.data}
                search={wanted}
                selected={inHand?.id ?? null}
                onPick={pick}
              />
            )}
          </div>
        </nav>
        <main className={ui.map}>
          <Suspense>
            <EditorMap
              tileUrl={me.tile_url}
              fences={known}
              sites={sites.data ?? []}
              loaded={loaded}
              onPick={pick}
              onLeave={leave}
            />
          </Suspense>
        </main>
        {editing !== null && loaded && (
          <aside className={ui.detail} aria-label={t("fences.form")}>
            <FenceForm
              key={inHand?.id ?? "new"}
              me={me}
              fence={inHand}
              sites={sites.data}
              site={sites.data.length === 1 ? (sites.data[0]?.id ?? null) : null}
              onClose={leave}
            />
          </aside>
        )}
      </div>
      {importing && <ImportDialog sites={sites.data ?? []} onClose={() => setImporting(false)} />}
    </div>
  );
}
