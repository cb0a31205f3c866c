/**
 * The connection to `/api/v1/live`: token first, subscribe, renew, and come back after a cut.
 *
 * It keeps the position in the event log (`at`) so that a reconnect asks only for what was missed;
 * the server answers with those events or, when its log no longer reaches back, a new snapshot.
 */
import { delayMs } from "./backoff";
import { type Frame, readFrame, type Viewport } from "./frames";

export type LinkState = "connecting" | "live" | "waiting" | "refused";

export interface LinkParts {
  url: string;
  /** Return an access token good for a while; never the one named as used up, unless null. */
  token: (usedUp: string | null) => Promise<string>;
  /** Milliseconds at which that token ends. */
  tokenEnds: () => number | null;
  onFrame: (frame: Frame) => void;
  onState: (state: LinkState) => void;
  /** True for an error after which no token will come any more. */
  isFinal: (error: unknown) => boolean;
}

const TOKEN_REFUSED = 4401;
const NO_RIGHT = 4403;
const RENEW_BEFORE_MS = 60_000;
const OPEN_TIMEOUT_MS = 10_000;

export class LiveLink {
  private socket: WebSocket | null = null;
  private at: number | null = null;
  private viewport: Viewport | null = null;
  private failures = 0;
  private lastToken: string | null = null;
  private refused = false;
  private stopped = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private opening: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: LinkParts) {}

  start(): void {
    window.addEventListener("online", this.hurry);
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener("online", this.hurry);
    this.clearTimers();
    this.socket?.close(1000);
    this.socket = null;
  }

  /** Tell the server what the map shows; a reconnect repeats the last one. */
  look(viewport: Viewport): void {
    this.viewport = viewport;
    if (this.socket?.readyState === WebSocket.OPEN) this.say({ subscribe: { map: viewport } });
  }

  /** Lose the place in the log: the next connection starts from a snapshot. */
  forget(): void {
    this.at = null;
  }

  private readonly hurry = (): void => {
    if (this.socket === null && !this.stopped) {
      clearTimeout(this.retry);
      void this.connect();
    }
  };

  private async connect(): Promise<void> {
    this.parts.onState("connecting");
    let token: string;
    try {
      token = await this.parts.token(this.refused ? this.lastToken : null);
    } catch (error) {
      if (this.parts.isFinal(error)) this.parts.onState("refused");
      else this.later();
      return;
    }
    if (this.isStopped()) return;
    this.refused = false;
    this.lastToken = token;
    const socket = new WebSocket(this.parts.url);
    this.socket = socket;
    this.opening = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
    socket.onopen = () => {
      this.say({ token });
      this.say({ subscribe: { map: this.viewport, assignments: true, since: this.at } });
      this.planRenewal();
    };
    socket.onmessage = (message) => this.receive(String(message.data));
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  private receive(text: string): void {
    const frame = readFrame(text);
    if (frame === null) return;
    if (frame.type === "snapshot" || frame.type === "resumed") {
      clearTimeout(this.opening);
      this.failures = 0;
      this.parts.onState("live");
    }
    this.parts.onFrame(frame);
    // After the frame is applied, so that a failure in between asks for it again.
    if (frame.type === "snapshot" || frame.type === "resumed") this.at = frame.at;
    else if (frame.type === "events") this.at = frame.events.at(-1)?.at ?? this.at;
  }

  private closed(socket: WebSocket, code: number): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.clearTimers();
    if (this.stopped) return;
    if (code === NO_RIGHT) {
      this.parts.onState("refused");
      return;
    }
    this.refused = code === TOKEN_REFUSED;
    this.later();
  }

  private later(): void {
    if (this.stopped) return;
    this.parts.onState("waiting");
    this.retry = setTimeout(() => void this.connect(), delayMs(this.failures));
    this.failures += 1;
  }

  private planRenewal(): void {
    const ends = this.parts.tokenEnds();
    if (ends === null) return;
    const wait = Math.max(5_000, ends - Date.now() - RENEW_BEFORE_MS);
    this.renewal = setTimeout(() => void this.renew(), wait);
  }

  private async renew(): Promise<void> {
    try {
      this.lastToken = await this.parts.token(this.lastToken);
      this.say({ token: this.lastToken });
    } catch {
      // The server closes with 4401 when it must; the reconnect says what is wrong.
    }
    this.planRenewal();
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private clearTimers(): void {
    clearTimeout(this.retry);
    clearTimeout(this.renewal);
    clearTimeout(this.opening);
  }

  // A method, because `stopped` may change while `connect` waits and narrowing would not see it.
  private isStopped(): boolean {
    return this.stopped;
  }
}
