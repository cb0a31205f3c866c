/**
 * What the crew said and the server has not yet heard: kept over a cut and a reload, sent in order.
 *
 * Each item has its Idempotency-Key from the start, so sending it twice does it once. A refusal by
 * the server takes the item out and is told; silence keeps it and tries again.
 */
import { create } from "zustand";
import { request } from "../api/client";
import { NoAnswer, ProblemError } from "../api/problem";
import { queryClient } from "../api/queries";
import { uuid7 } from "../api/uuid";
import { session } from "../auth/current";
import { delayMs } from "../live/backoff";

export interface Item {
  key: string;
  path: string;
  body: object;
  /** The assignment it is about: its buttons wait. */
  about: string;
  /** Say when it is sent, by the device's own clock, which measures it. The body's id makes it one. */
  stamped?: boolean;
}

interface Outbox {
  items: readonly Item[];
  /** True while the server could not be reached. */
  waiting: boolean;
  lastSentAt: number | null;
  refused: { error: unknown; item: Item } | null;
}

export const useOutbox = create<Outbox>(() => ({
  items: [],
  waiting: false,
  lastSentAt: null,
  refused: null,
}));

const place = () => `fieldops.outbox.${session.id ?? ""}`;
let sending = false;
let retry: ReturnType<typeof setTimeout> | undefined;

function keep(items: readonly Item[]): void {
  useOutbox.setState({ items });
  if (items.length === 0) localStorage.removeItem(place());
  else localStorage.setItem(place(), JSON.stringify(items));
}

/** Take up what an earlier page left; returns how to stop. */
export function openOutbox(): () => void {
  const kept = localStorage.getItem(place());
  useOutbox.setState({ items: kept === null ? [] : (JSON.parse(kept) as Item[]) });
  window.addEventListener("online", hurry);
  void flush();
  return () => {
    window.removeEventListener("online", hurry);
    clearTimeout(retry);
    useOutbox.setState({ items: [], waiting: false, lastSentAt: null, refused: null });
  };
}

export function send(
  path: string,
  body: object,
  about: string,
  how: { stamped?: boolean } = {},
): void {
  keep([...useOutbox.getState().items, { key: uuid7(), path, body, about, ...how }]);
  hurry();
}

function hurry(): void {
  clearTimeout(retry);
  void flush();
}

async function flush(): Promise<void> {
  if (sending) return;
  sending = true;
  let failures = 0;
  try {
    for (;;) {
      const item = useOutbox.getState().items[0];
      if (item === undefined) return;
      const heard = await attempt(item);
      if (!heard) {
        failures += 1;
        await new Promise((resolve) => {
          retry = setTimeout(resolve, delayMs(failures + 1));
          window.addEventListener("online", resolve, { once: true });
        });
      } else failures = 0;
    }
  } finally {
    sending = false;
  }
}

/** A key holds for one body, and a stamp differs at each try: such an item goes by its own id. */
function letter(item: Item): { body: object; idempotencyKey?: string } {
  return item.stamped === true
    ? { body: { ...item.body, sent_at: new Date().toISOString() } }
    : { body: item.body, idempotencyKey: item.key };
}

/** Return whether the item is done with, said or refused. */
async function attempt(item: Item): Promise<boolean> {
  try {
    await request("POST", item.path, letter(item));
    useOutbox.setState({ lastSentAt: Date.now(), waiting: false });
  } catch (error) {
    const lost = error instanceof NoAnswer || (error instanceof ProblemError && error.status >= 500);
    if (lost) {
      useOutbox.setState({ waiting: true });
      return false;
    }
    useOutbox.setState({ refused: { error, item }, waiting: false });
  }
  keep(useOutbox.getState().items.filter((other) => other.key !== item.key));
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ["my-day"] }),
    item.stamped === true ? queryClient.invalidateQueries({ queryKey: ["attendance"] }) : null,
  ]);
  return true;
}
