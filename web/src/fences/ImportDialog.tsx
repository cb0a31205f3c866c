/** Bring a GeoJSON or KML file in: what it holds and what is wrong with it first, then for good. */
import { Alert, Button, FileButton, Group, List, Modal, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconFileImport } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { Fence, FenceFile, FenceImport, Site } from "../api/shapes";
import { codeWords, useProblemWords } from "../ui/problemWords";
import { toast } from "../ui/toasts";
import { KINDS } from "./draft";

const FAULTS_SHOWN = 8;
const FILE_MOST = 1_000_000;

type Fault = FenceImport["faults"][number];

interface Props {
  sites: readonly Site[];
  onClose: () => void;
}

export function ImportDialog({ sites, onClose }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const [asked, setAsked] = useState<Omit<FenceFile, "text" | "dry_run" | "skip_invalid">>({
    site_id: null,
    kind: "site" as Fence["kind"],
    radius_m: 50,
    width_m: 20,
  });

  const send = (dry: boolean, from: typeof file, how: typeof asked) =>
    request<FenceImport>("POST", "/fences/import", {
      body: { ...how, name: from?.name.replace(/\.[^.]*$/, ""), text: from?.text, dry_run: dry, skip_invalid: !dry },
    });
  const look = useMutation({
    mutationFn: (given: { from: typeof file; how: typeof asked }) => send(true, given.from, given.how),
  });
  const bring = useMutation({
    mutationFn: () => send(false, file, asked),
    onSuccess: (answer) => {
      void queryClient.invalidateQueries({ queryKey: ["fences"] });
      toast("good", t("fences.imported", { count: answer.fences.length }));
      onClose();
    },
  });
  const pick = async (picked: File | null) => {
    if (picked === null) return;
    look.reset();
    bring.reset();
    if (picked.size > FILE_MOST) {
      toast("bad", t("problem.too_large"));
      return;
    }
    const from = { name: picked.name, text: await picked.text() };
    setFile(from);
    look.mutate({ from, how: asked });
  };
  const change = (part: Partial<typeof asked>) => {
    const how = { ...asked, ...part };
    setAsked(how);
    if (file !== null) look.mutate({ from: file, how });
  };
  const faultWords = ({ code, message, lon, lat }: Fault) =>
    lon !== null && lat !== null
      ? t("fences.fault.crosses", { lon, lat })
      : codeWords(t, code, message);
  const found = look.data;
  const error = bring.error ?? look.error;

  return (
    <Modal opened onClose={onClose} title={t("fences.importTitle")} closeButtonProps={{ "aria-label": t("close") }} size="lg">
      <Stack gap="sm" data-testid="import-dialog">
        <Text size="sm">{t("fences.importLead")}</Text>
        <Group>
          <FileButton onChange={(picked) => void pick(picked)} accept=".geojson,.json,.kml">
            {(props) => (
              <Button {...props} variant="light" leftSection={<IconFileImport size={17} />}>
                {t("fences.chooseFile")}
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed">
            {file?.name ?? t("fences.noFile")}
          </Text>
        </Group>
        <Group grow align="flex-start" gap="xs">
          <Select
            label={t("fences.site")}
            placeholder={t("fences.noSite")}
            data={sites.map((site) => ({ value: site.id, label: site.name }))}
            value={asked.site_id ?? null}
            onChange={(site_id) => change({ site_id })}
            searchable
            clearable
            data-testid="import-site"
          />
          <Select
            label={t("fences.kind")}
            data={KINDS.map((kind) => ({ value: kind, label: t(`fences.kinds.${kind}`) }))}
            value={asked.kind}
            onChange={(kind) => kind !== null && change({ kind })}
            allowDeselect={false}
          />
        </Group>
        <Group grow align="flex-start" gap="xs">
          <NumberInput
            label={t("fences.pointRadius")}
            value={asked.radius_m ?? ""}
            onBlur={() => change({})}
            onChange={(value) => setAsked({ ...asked, radius_m: typeof value === "number" ? value : null })}
          />
          <NumberInput
            label={t("fences.lineWidth")}
            value={asked.width_m ?? ""}
            onBlur={() => change({})}
            onChange={(value) => setAsked({ ...asked, width_m: typeof value === "number" ? value : null })}
          />
        </Group>
        {look.isPending && <Text size="sm">{t("fences.reading")}</Text>}
        {error !== null && (
          <Alert color="red" role="alert" data-testid="import-error">
            {problemWords(error)}
          </Alert>
        )}
        {found !== undefined && found.faults.length > 0 && (
          <Alert color="orange" title={t("fences.importFaults", { count: found.faults.length })} data-testid="import-faults">
            <List size="sm" spacing={4}>
              {found.faults.slice(0, FAULTS_SHOWN).map((fault, i) => (
                <List.Item key={i}>
                  <strong>{fault.name ?? t("fences.feature", { number: fault.feature + 1 })}</strong> : {faultWords(fault)}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="subtle" onClick={onClose}>
            {t("fences.cancel")}
          </Button>
          <Button
            disabled={found === undefined || found.fences.length === 0 || look.isPending}
            loading={bring.isPending}
            onClick={() => bring.mutate()}
            data-testid="import-submit"
          >
            {t("fences.importSubmit", { count: found?.fences.length ?? 0 })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
