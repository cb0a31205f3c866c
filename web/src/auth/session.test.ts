import { expect, test } from "vitest";
import type { Tokens } from "../api/shapes";
import { Session, type SessionParts, SignedOut } from "./session";

class MemoryStore {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

/** A server that rotates refresh tokens and revokes all when one comes twice. */
class Server {
  refreshes = 0;
  revoked = false;
  private next = 0;
  private readonly good = new Set<string>();

  send = async (path: string, body: object): Promise<Tokens | undefined> => {
    await Promise.resolve();
    if (path === "/auth/logout") return undefined;
    if (path === "/auth/refresh") {
      this.refreshes += 1;
      const { refresh_token } = body as { refresh_token: string };
      if (!this.good.delete(refresh_token)) this.revoked = true;
      if (this.revoked) return undefined;
    }
    this.next += 1;
    this.good.add(`r${this.next}`);
    return {
      access_token: `a${this.next}`,
      token_type: "Bearer",
      expires_in_s: 600,
      refresh_token: `r${this.next}`,
    };
  };
}

/** One lock for all tabs, as the browser's. */
function locks(): SessionParts["exclusively"] {
  let last: Promise<unknown> = Promise.resolve();
  return (_, work) => {
    const run = last.then(work, work);
    last = run;
    return run;
  };
}

function browser(server: Server) {
  const shared = new MemoryStore();
  const exclusively = locks();
  const clock = { now: 0 };
  let ids = 0;
  const openTab = (tab = new MemoryStore()) =>
    new Session({
      tab,
      shared,
      exclusively,
      send: server.send,
      newId: () => `s${(ids += 1)}`,
      now: () => clock.now,
    });
  return { openTab, clock, shared };
}

test("requests refused together share one refresh", async () => {
  const server = new Server();
  const session = browser(server).openTab();
  await session.login("elec-sud", "nadia", "secret");
  const refused = await session.token();

  const renewed = await Promise.all([1, 2, 3].map(() => session.renew(refused)));

  expect(renewed).toEqual(["a2", "a2", "a2"]);
  expect(server.refreshes).toBe(1);
});

test("two tabs of one session never use a refresh token twice", async () => {
  const server = new Server();
  const { openTab } = browser(server);
  await openTab().login("elec-sud", "nadia", "secret");
  const [one, two] = [openTab(), openTab()];

  await Promise.all([one.token(), two.token()]);

  expect(server.revoked).toBe(false);
  expect(server.refreshes).toBe(2);
});

test("a token near its end is replaced before it is used", async () => {
  const server = new Server();
  const { openTab, clock } = browser(server);
  const session = openTab();
  await session.login("elec-sud", "nadia", "secret");

  clock.now = 590_000;

  expect(await session.token(20)).toBe("a2");
});

test("two people sign in side by side in two tabs", async () => {
  const { openTab } = browser(new Server());
  const [office, crew] = [openTab(), openTab()];

  await office.login("elec-sud", "nadia", "secret");
  await crew.login("elec-sud", "sofia", "secret");
  await crew.logout();

  expect(office.signedIn).toBe(true);
  expect(crew.signedIn).toBe(false);
});

test("a refused refresh ends the session and tells", async () => {
  const server = new Server();
  const session = browser(server).openTab();
  await session.login("elec-sud", "nadia", "secret");
  let told = 0;
  session.subscribe(() => (told += 1));
  server.revoked = true;

  await expect(session.renew("a1")).rejects.toThrow(SignedOut);

  expect(session.signedIn).toBe(false);
  expect(told).toBe(1);
});
