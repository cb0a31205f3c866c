/** When a fence is watched: always, or lines of days and hours. */
import { ActionIcon, Button, Chip, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useWords } from "../ui/useWords";
import type { Hours } from "./draft";

const DAYS = [0, 1, 2, 3, 4, 5, 6];
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const WORKDAYS: Hours = { days: [0, 1, 2, 3, 4], from: "07:00", to: "18:00" };

interface Props {
  value: Hours[] | null;
  fault: string | undefined;
  onChange: (value: Hours[] | null) => void;
}

export function HoursField({ value, fault, onChange }: Props) {
  const { t } = useTranslation();
  const { lang } = useWords();
  const day = new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: "UTC" });
  const names = DAYS.map((n) => day.format(MONDAY + n * 86_400_000).replace(".", ""));
  const change = (i: number, part: Partial<Hours>) =>
    onChange((value ?? []).map((line, k) => (k === i ? { ...line, ...part } : line)));
  return (
    <Stack gap={8}>
      <Switch
        label={t("fences.always")}
        checked={value === null}
        onChange={(event) => onChange(event.currentTarget.checked ? null : [WORKDAYS])}
        data-testid="fence-always"
      />
      {(value ?? []).map((line, i) => (
        <Stack key={i} gap={6} role="group" aria-label={t("fences.hours")}>
          <Chip.Group
            multiple
            value={line.days.map(String)}
            onChange={(days) => change(i, { days: days.map(Number).sort() })}
          >
            <Group gap={4}>
              {DAYS.map((n) => (
                <Chip key={n} value={String(n)} size="xs" icon={null} styles={{ iconWrapper: { display: "none" }, label: { paddingInline: 9 } }}>
                  {names[n]}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <Group gap={6} wrap="nowrap">
            <TextInput
              type="time"
              size="xs"
              style={{ flex: 1 }}
              aria-label={t("fences.from")}
              value={line.from}
              onChange={(event) => change(i, { from: event.currentTarget.value })}
            />
            <span aria-hidden="true">–</span>
            <TextInput
              type="time"
              size="xs"
              style={{ flex: 1 }}
              aria-label={t("fences.to")}
              value={line.to === "24:00" ? "00:00" : line.to}
              onChange={(event) => change(i, { to: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("fences.removeHours")}
              onClick={() => onChange((value ?? []).filter((_, k) => k !== i))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Group>
        </Stack>
      ))}
      {value !== null && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...value, { ...WORKDAYS, days: [5] }])}
          style={{ alignSelf: "flex-start" }}
        >
          {t("fences.addHours")}
        </Button>
      )}
      {fault !== undefined && (
        <Text c="red.8" size="xs" role="alert">
          {fault}
        </Text>
      )}
    </Stack>
  );
}
