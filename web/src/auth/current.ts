/** The browser's one session, wired to its storage, its locks and the public auth routes. */
import { useSyncExternalStore } from "react";
import { NoAnswer, problemOf, ProblemError } from "../api/problem";
import type { Tokens } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { Session } from "./session";

const TIMEOUT_MS = 15_000;

async function send(path: string, body: object): Promise<Tokens | undefined> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new NoAnswer(error);
  }
  // A refused refresh ends the session; a refused login is an error to show.
  if (response.status === 401 && path !== "/auth/login") return undefined;
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return response.status === 204 ? undefined : ((await response.json()) as Tokens);
}

async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Web Locks exist only in a secure context (https or localhost).
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? work() : ((await locks.request(name, work)));
}

export const session = new Session({
  tab: sessionStorage,
  shared: localStorage,
  exclusively,
  send,
  newId: uuid7,
  now: Date.now,
});

window.addEventListener("storage", () => session.sharedChanged());

export function useSignedIn(): boolean {
  return useSyncExternalStore(session.subscribe, () => session.signedIn);
}
