/** The server does not answer: say so, try again, or leave. */
import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { signOut } from "../auth/signOut";
import { useProblemWords } from "./problemWords";

export function Unreachable({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useTranslation();
  const problemWords = useProblemWords();
  return (
    <Center h="100dvh" p="lg">
      <Stack align="center" maw={420} role="alert">
        <Title order={1} size="h3" ta="center">
          {t("unreachable.title")}
        </Title>
        <Text ta="center">{problemWords(error)}</Text>
        <Button size="md" onClick={onRetry}>
          {t("retry")}
        </Button>
        <Button variant="subtle" onClick={() => void signOut()}>
          {t("account.logout")}
        </Button>
      </Stack>
    </Center>
  );
}
