/** Propose a fence from the site's check-ins: shown on the map first, taken only when asked. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconSparkles } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { request } from "../api/client";
import type { FenceSuggestion } from "../api/shapes";
import { useProblemWords } from "../ui/problemWords";
import { useEditor } from "./editor";
import css from "./fences.module.css";

export function Suggest({ site }: { site: string }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  const { suggestion, suggest, take } = useEditor();
  const ask = useMutation({
    mutationFn: () => request<FenceSuggestion>("GET", `/sites/${site}/fence-suggestion`),
    onSuccess: suggest,
  });
  return (
    <Stack gap={6}>
      <Button
        variant="light"
        leftSection={<IconSparkles size={17} stroke={1.8} />}
        loading={ask.isPending}
        onClick={() => ask.mutate()}
        data-testid="fence-suggest"
      >
        {t("fences.suggest")}
      </Button>
      {ask.error !== null && (
        <Text c="red.8" size="sm" role="alert">
          {problemWords(ask.error)}
        </Text>
      )}
      {suggestion !== null && (
        <div className={css.suggestion} role="status" data-testid="fence-suggestion">
          {suggestion.geometry === null ? (
            <Text size="sm">
              {t("fences.tooFew", {
                points: suggestion.points,
                people: suggestion.workers,
                least: suggestion.least.points,
                leastPeople: suggestion.least.workers,
              })}
            </Text>
          ) : (
            <>
              <Text size="sm">
                {t(`fences.suggested.${suggestion.why === "hull" ? "hull" : "circle"}`, {
                  used: suggestion.used,
                  points: suggestion.points,
                  days: suggestion.days,
                  accuracy: Math.round(suggestion.accuracy_m ?? 0),
                })}
              </Text>
              <Group gap="xs" mt={8}>
                <Button size="compact-sm" onClick={() => take(suggestion)} data-testid="fence-take">
                  {t("fences.take")}
                </Button>
                <Button size="compact-sm" variant="subtle" onClick={() => suggest(null)}>
                  {t("fences.dismiss")}
                </Button>
              </Group>
            </>
          )}
        </div>
      )}
    </Stack>
  );
}
