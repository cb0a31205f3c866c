/** The form of a fence in hand: its name, kind, measures and hours; saving makes a version. */
import {
  Accordion,
  Alert,
  Button,
  CloseButton,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { type SubmitEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { codeOf } from "../api/problem";
import type { Fence, Me, Site } from "../api/shapes";
import { may } from "../auth/rights";
import taskCss from "../tasks/tasks.module.css";
import { useProblemWords } from "../ui/problemWords";
import { BOUNDS, type Draft, draftOf, type Faults, faultsOf, type Field, freshDraft, KINDS, type Measure, PRESENCE } from "./draft";
import { useEditor } from "./editor";
import { HoursField } from "./HoursField";
import { LIMITS } from "./sketch";
import { Suggest } from "./Suggest";
import { useSave } from "./useSave";

interface Props {
  me: Me;
  fence: Fence | null;
  sites: readonly Site[];
  site: string | null;
  onClose: () => void;
}

export function FenceForm({ me, fence, sites, site, onClose }: Props) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { history, act } = useEditor();
  const sketch = history.present;
  const [draft, setDraft] = useState<Draft>(() => (fence === null ? freshDraft(site) : draftOf(fence)));
  const [faults, setFaults] = useState<Faults>({});
  const form = useRef<HTMLFormElement>(null);
  const { save, reread } = useSave(fence, setFaults);
  const writable = may(me, fence === null ? "fence:create" : "fence:update");

  const set = (part: Partial<Draft>, ...fields: Field[]) => {
    setDraft((before) => ({ ...before, ...part }));
    setFaults((before) =>
      Object.fromEntries(Object.entries(before).filter(([name]) => !fields.includes(name as Field))),
    );
  };
  const words = (field: Field) => {
    const fault = faults[field];
    if (fault === undefined) return undefined;
    if ("words" in fault) return fault.words;
    const [least, most] = field in BOUNDS ? BOUNDS[field as Measure] : [0, 0];
    return t(`fences.fault.${fault.key}`, { least, most, ...fault });
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = faultsOf(draft, sketch);
    setFaults(found);
    if (Object.keys(found).length === 0) save.mutate({ draft, sketch });
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  const number = (name: Measure) => (
    <NumberInput
      key={name}
      label={t(`fences.measure.${name}`)}
      description={t(`fences.about.${name}`)}
      value={draft.measures[name] ?? ""}
      placeholder={t("fences.byDefault")}
      onChange={(value) =>
        set({ measures: { ...draft.measures, [name]: typeof value === "number" ? value : "" } }, name)
      }
      error={words(name)}
      data-testid={`fence-${name}`}
    />
  );
  const stale = save.error !== null && codeOf(save.error) === "stale";

  return (
    <form className={taskCss.panel} ref={form} onSubmit={submit} noValidate data-testid="fence-form">
      <header className={taskCss.panelHead}>
        <h2 className={taskCss.panelTitle}>{fence === null ? t("fences.newTitle") : fence.name}</h2>
        <CloseButton aria-label={t("close")} onClick={onClose} data-testid="fence-close" />
      </header>
      <Stack className={taskCss.panelBody} gap="sm">
        <TextInput
          label={t("fences.name")}
          value={draft.name}
          maxLength={200}
          onChange={(event) => set({ name: event.currentTarget.value }, "name")}
          error={words("name")}
          data-testid="fence-name"
        />
        <Group grow gap="xs" align="flex-start">
          <Select
            label={t("fences.kind")}
            data={KINDS.map((kind) => ({ value: kind, label: t(`fences.kinds.${kind}`) }))}
            value={draft.kind}
            onChange={(kind) => kind !== null && set({ kind })}
            allowDeselect={false}
            data-testid="fence-kind"
          />
          <Select
            label={t("fences.site")}
            placeholder={t("fences.noSite")}
            data={sites.map((one) => ({ value: one.id, label: one.name }))}
            value={draft.site}
            onChange={(value) => set({ site: value })}
            disabled={fence !== null}
            searchable
            clearable
            data-testid="fence-site"
          />
        </Group>
        <Group grow gap="xs" align="flex-start">
          {sketch.shape === "Point" && (
            <NumberInput
              label={t("fences.radius")}
              min={LIMITS.radius[0]}
              max={LIMITS.radius[1]}
              value={sketch.radiusM}
              onChange={(value) => typeof value === "number" && act({ kind: "radius", metres: value }, true)}
              data-testid="fence-radius"
            />
          )}
          {sketch.shape === "LineString" && (
            <NumberInput
              label={t("fences.width")}
              min={LIMITS.width[0]}
              max={LIMITS.width[1]}
              value={sketch.widthM}
              onChange={(value) => typeof value === "number" && act({ kind: "width", metres: value }, true)}
              data-testid="fence-width"
            />
          )}
          {number("margin_m")}
        </Group>
        {words("shape") !== undefined && (
          <Text c="red.8" size="sm" role="alert" data-testid="fence-shape-error">
            {words("shape")}
          </Text>
        )}
        {draft.site !== null && writable && <Suggest site={draft.site} />}
        <div>
          <Text size="sm" fw={500} mb={6}>
            {t("fences.watched")}
          </Text>
          <HoursField value={draft.hours} fault={words("hours")} onChange={(hours) => set({ hours }, "hours")} />
        </div>
        <Accordion variant="contained">
          <Accordion.Item value="presence">
            <Accordion.Control data-testid="fence-presence">{t("fences.presence")}</Accordion.Control>
            <Accordion.Panel>
              <Stack gap="sm">{PRESENCE.map(number)}</Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
        {fence !== null && (
          <Switch
            label={t("fences.active")}
            description={t("fences.activeHint")}
            checked={draft.active}
            onChange={(event) => set({ active: event.currentTarget.checked })}
            data-testid="fence-active"
          />
        )}
        {stale && (
          <Alert color="orange" title={t("fences.stale")} role="alert" data-testid="fence-stale">
            <Text size="sm">{t("fences.staleHint")}</Text>
            <Group gap="xs" mt="xs">
              <Button size="compact-sm" variant="default" onClick={() => reread.mutate("theirs")} data-testid="fence-theirs">
                {t("fences.theirs")}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => reread.mutate("mine")} data-testid="fence-mine">
                {t("fences.mine")}
              </Button>
            </Group>
          </Alert>
        )}
        {save.error !== null && !stale && Object.keys(faults).length === 0 && (
          <Text c="red.8" size="sm" role="alert">
            {problemWords(save.error)}
          </Text>
        )}
        {writable ? (
          <Button type="submit" size="md" loading={save.isPending} data-testid="fence-save">
            {t(fence === null ? "fences.create" : "fences.save")}
          </Button>
        ) : (
          <Text size="sm" c="dimmed">
            {t("fences.readOnly")}
          </Text>
        )}
      </Stack>
    </form>
  );
}
