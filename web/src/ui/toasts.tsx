/** Short messages in a corner; one may be undone. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";

export function toast(kind: "good" | "bad", message: string): void {
  notifications.show({
    message,
    color: kind === "good" ? "teal" : "red",
    autoClose: kind === "good" ? 4000 : 8000,
    withBorder: true,
  });
}

export function toastWithUndo(message: string, undo: string, onUndo: () => void): void {
  const id = notifications.show({
    color: "teal",
    autoClose: 9000,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => {
            notifications.hide(id);
            onUndo();
          }}
        >
          {undo}
        </Button>
      </Group>
    ),
  });
}
