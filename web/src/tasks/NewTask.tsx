/** The form of a new task. */
import {
  Button,
  CloseButton,
  Group,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Textarea,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import { ProblemError } from "../api/problem";
import type { Task } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { serverNow } from "../live/clock";
import { useLive } from "../live/live";
import { useProblemWords } from "../ui/problemWords";
import { useSelection } from "../ui/selection";
import { toast } from "../ui/toasts";
import { useWords } from "../ui/useWords";
import { bodyOf, type Draft, type Faults, faultsOf, type Field, freshDraft, serverFaults, without } from "./draft";
import css from "./tasks.module.css";

const MINUTES = [30, 45, 60, 90, 120, 180, 240];

export function NewTask() {
  const { t } = useTranslation();
  const words = useWords();
  const problemWords = useProblemWords();
  const { sites, crews } = useLive((live) => live.world);
  const { select, setCreating } = useSelection();
  const [draft, setDraft] = useState<Draft>(() => freshDraft(serverNow(), words.tz));
  const [faults, setFaults] = useState<Faults>({});
  // One id and one key for this form's task: pressing twice, or again after a cut, makes one row.
  const [identity] = useState(() => ({ id: uuid7(), key: uuid7() }));
  const form = useRef<HTMLFormElement>(null);
  const skills = useMemo(
    () => [...new Set([...crews.values()].flatMap((crew) => crew.skills))].sort(),
    [crews],
  );

  const create = useMutation({
    mutationFn: (ready: Draft) =>
      request<Task>("POST", "/tasks", {
        body: bodyOf(ready, identity.id, words.tz),
        idempotencyKey: identity.key,
      }),
    onSuccess: (task) => {
      toast("good", t("newTask.done"));
      select({ kind: "task", id: task.id });
    },
    onError: (error) => {
      if (error instanceof ProblemError) setFaults(serverFaults(error.problem));
    },
  });

  const set = <Name extends Field>(name: Name, value: Draft[Name]) => {
    setDraft((before) => ({ ...before, [name]: value }));
    setFaults((before) => without(before, name));
  };
  const fault = (name: Field) => {
    const found = faults[name];
    if (found === undefined) return undefined;
    return "key" in found ? t(`newTask.error.${found.key}`) : found.words;
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found = faultsOf(draft, serverNow(), words.tz);
    setFaults(found);
    if (Object.keys(found).length === 0) create.mutate(draft);
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };

  return (
    <form className={css.panel} ref={form} onSubmit={submit} noValidate data-testid="task-form">
      <header className={css.panelHead}>
        <h2 className={css.panelTitle}>{t("newTask.heading")}</h2>
        <CloseButton aria-label={t("close")} onClick={() => setCreating(false)} />
      </header>
      <Stack className={css.panelBody} gap="sm">
        <Select
          label={t("newTask.site")}
          placeholder={t("newTask.sitePlaceholder")}
          data={[...sites.values()].map((site) => ({ value: site.id, label: site.name }))}
          value={draft.site}
          onChange={(value) => set("site", value)}
          error={fault("site")}
          searchable
          openOnFocus={false}
          data-testid="task-site"
        />
        <TextInput
          label={t("newTask.title")}
          placeholder={t("newTask.titlePlaceholder")}
          value={draft.title}
          maxLength={200}
          onChange={(event) => set("title", event.currentTarget.value)}
          error={fault("title")}
          data-testid="task-title"
        />
        <Group grow align="flex-start" gap="xs">
          <Select
            label={t("newTask.duration")}
            data={MINUTES.map((m) => ({ value: String(m), label: words.duration(m * 60) }))}
            value={String(draft.minutes)}
            onChange={(value) => set("minutes", Number(value))}
            allowDeselect={false}
            error={fault("minutes")}
            data-testid="task-duration"
          />
          <TextInput
            type="date"
            label={t("newTask.date")}
            value={draft.date}
            onChange={(event) => set("date", event.currentTarget.value)}
            data-testid="task-date"
          />
        </Group>
        <Group grow align="flex-start" gap="xs">
          <TextInput
            type="time"
            label={t("newTask.from")}
            value={draft.from}
            onChange={(event) => set("from", event.currentTarget.value)}
            error={fault("from") !== undefined}
            data-testid="task-from"
          />
          <TextInput
            type="time"
            label={t("newTask.to")}
            value={draft.to}
            onChange={(event) => set("to", event.currentTarget.value)}
            error={fault("to") !== undefined}
            data-testid="task-to"
          />
        </Group>
        {(fault("to") ?? fault("from")) !== undefined && (
          <Text c="red.8" size="xs" role="alert" mt={-6} data-testid="task-window-error">
            {fault("to") ?? fault("from")}
          </Text>
        )}
        <div>
          <Text size="sm" fw={500} mb={3} id="task-priority">
            {t("newTask.priority")}
          </Text>
          <SegmentedControl
            fullWidth
            aria-labelledby="task-priority"
            value={String(draft.priority)}
            onChange={(value) => set("priority", Number(value))}
            data={[1, 2, 3, 4, 5].map((level) => ({
              value: String(level),
              label: t(`newTask.level.${level as 1}`),
            }))}
            size="xs"
          />
        </div>
        <TagsInput
          label={t("newTask.skills")}
          description={t("newTask.skillsHint")}
          data={skills}
          value={draft.skills}
          onChange={(value) => set("skills", value)}
          error={fault("skills")}
          data-testid="task-skills"
        />
        <Textarea
          label={t("newTask.description")}
          value={draft.description}
          maxLength={4000}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => set("description", event.currentTarget.value)}
          error={fault("description")}
        />
        {create.error !== null && Object.keys(faults).length === 0 && (
          <Text c="red.8" size="sm" role="alert">
            {problemWords(create.error)}
          </Text>
        )}
        <Button type="submit" size="md" loading={create.isPending} data-testid="task-submit">
          {t("newTask.submit")}
        </Button>
      </Stack>
    </form>
  );
}
