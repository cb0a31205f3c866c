import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveLink, type LinkState } from "./socket";

/** A socket a test speaks through: what the client said, and what the server answers. */
class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 0;
  said: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as Record<string, unknown>);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  close(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const states: LinkState[] = [];
const asked: (string | null)[] = [];
let ends: number | null = null;

function start(): LiveLink {
  const link = new LiveLink({
    url: "ws://test/api/v1/live",
    token: (usedUp) => {
      asked.push(usedUp);
      return Promise.resolve(`token${asked.length}`);
    },
    tokenEnds: () => ends,
    onFrame: () => undefined,
    onState: (state) => states.push(state),
    isFinal: () => false,
  });
  link.start();
  return link;
}

async function connected(): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(0);
  const socket = FakeSocket.made.at(-1);
  if (socket === undefined) throw new Error("no socket");
  socket.open();
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("window", { addEventListener: vi.fn(), removeEventListener: vi.fn() });
  FakeSocket.made = [];
  states.length = asked.length = 0;
  ends = null;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the token goes first, in a message, then the subscription", async () => {
  start();
  const socket = await connected();

  expect(socket.said).toEqual([
    { token: "token1" },
    { subscribe: { map: null, assignments: true, since: null } },
  ]);
});

test("after a cut it comes back with the position of the last event it applied", async () => {
  start();
  const socket = await connected();
  socket.hear({ snapshot: {}, at: 40, resumed: false });
  socket.hear({ events: [{ at: 41, kind: "x", body: {} }, { at: 43, kind: "x", body: {} }] });

  socket.close(1013);
  await vi.advanceTimersByTimeAsync(1000);
  const again = await connected();

  expect(again.said[1]).toEqual({ subscribe: { map: null, assignments: true, since: 43 } });
  again.hear({ resumed: true, at: 43 });
  expect(states).toEqual(["connecting", "live", "waiting", "connecting", "live"]);
});

test("a refused token is replaced before the next try, another cut is not", async () => {
  start();
  (await connected()).close(4401);
  await vi.advanceTimersByTimeAsync(1000);
  (await connected()).close(1006);
  await vi.advanceTimersByTimeAsync(2000);
  await connected();

  expect(asked).toEqual([null, "token1", null]);
});

test("the token is renewed on the open connection a minute before it ends", async () => {
  ends = Date.now() + 600_000;
  start();
  const socket = await connected();
  socket.hear({ snapshot: {}, at: 1, resumed: false });

  await vi.advanceTimersByTimeAsync(541_000);

  expect(socket.said.at(-1)).toEqual({ token: "token2" });
});

test("without the right to look it does not try again", async () => {
  start();
  (await connected()).close(4403);
  await vi.advanceTimersByTimeAsync(60_000);

  expect(FakeSocket.made).toHaveLength(1);
  expect(states.at(-1)).toBe("refused");
});

test("a new viewport is told at once and repeated after a cut", async () => {
  const link = start();
  const socket = await connected();
  const viewport = { bbox: [4, 45, 5, 46] as [number, number, number, number], zoom: 12 };

  link.look(viewport);
  socket.close();
  await vi.advanceTimersByTimeAsync(1000);
  const again = await connected();

  expect(socket.said.at(-1)).toEqual({ subscribe: { map: viewport } });
  expect(again.said[1]).toMatchObject({ subscribe: { map: viewport } });
});
