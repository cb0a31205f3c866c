/**
 * Who is signed in in this tab: the access token in memory, the refresh token in the browser.
 *
 * A refresh token may be used once; using it twice revokes them all. So the refresh runs in one
 * place at a time: one promise in this tab, one Web Lock across the tabs that share the session,
 * and the token is read again inside the lock. Tabs share a session by its id (kept per tab), so
 * that two people can be signed in side by side in two tabs of one browser.
 */
import type { Tokens } from "../api/shapes";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface SessionParts {
  /** Lives as long as the tab: the session's id. */
  tab: Store;
  /** Shared by all tabs: the refresh token by session id. */
  shared: Store;
  /** Run `work` while no other tab runs it under the same name. */
  exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  send: (path: string, body: object) => Promise<Tokens | undefined>;
  newId: () => string;
  now: () => number;
}

/** The session ended: no refresh token, or the server no longer takes it. */
export class SignedOut extends Error {
  readonly code = "signed_out";
}

const CURRENT = "fieldops.session";
const tokenKey = (id: string) => `fieldops.refresh.${id}`;

export class Session {
  private access: { token: string; expiresAt: number } | null = null;
  private renewal: Promise<string> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: SessionParts) {
    // A new tab joins the session that was last used.
    const id = parts.tab.getItem(CURRENT) ?? parts.shared.getItem(CURRENT);
    if (id !== null) parts.tab.setItem(CURRENT, id);
  }

  get id(): string | null {
    return this.parts.tab.getItem(CURRENT);
  }

  get signedIn(): boolean {
    return this.id !== null && this.parts.shared.getItem(tokenKey(this.id)) !== null;
  }

  /** Milliseconds (of `now`) at which the access token ends; null before the first one. */
  get expiresAt(): number | null {
    return this.access?.expiresAt ?? null;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  async login(tenant: string, login: string, password: string): Promise<void> {
    const tokens = await this.parts.send("/auth/login", { tenant, login, password });
    if (tokens === undefined) throw new SignedOut("login gave no tokens");
    const id = this.parts.newId();
    this.parts.tab.setItem(CURRENT, id);
    this.parts.shared.setItem(CURRENT, id);
    this.keep(id, tokens);
    this.tell();
  }

  async logout(): Promise<void> {
    const id = this.id;
    const token = id === null ? null : this.parts.shared.getItem(tokenKey(id));
    this.forget();
    if (token !== null) await this.parts.send("/auth/logout", { refresh_token: token });
  }

  /** Return an access token good for at least `seconds` more. */
  async token(seconds = 20): Promise<string> {
    if (this.access !== null && this.access.expiresAt - this.parts.now() > seconds * 1000) {
      return this.access.token;
    }
    return this.renew(this.access?.token ?? null);
  }

  /** Replace a token that was refused; callers who were refused together share one refresh. */
  async renew(refused: string | null): Promise<string> {
    if (this.access !== null && this.access.token !== refused) return this.access.token;
    this.renewal ??= this.refresh().finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  /** Another tab changed the shared store: it may have signed this session out. */
  sharedChanged(): void {
    if (!this.signedIn) {
      this.access = null;
      this.tell();
    }
  }

  private async refresh(): Promise<string> {
    const id = this.id;
    if (id === null) throw new SignedOut("no session");
    return this.parts.exclusively(tokenKey(id), async () => {
      const token = this.parts.shared.getItem(tokenKey(id));
      if (token === null) {
        this.forget();
        throw new SignedOut("no refresh token");
      }
      const tokens = await this.parts.send("/auth/refresh", { refresh_token: token });
      if (tokens === undefined) {
        this.forget();
        throw new SignedOut("refresh token refused");
      }
      this.keep(id, tokens);
      return tokens.access_token;
    });
  }

  private keep(id: string, tokens: Tokens): void {
    this.parts.shared.setItem(tokenKey(id), tokens.refresh_token);
    this.access = {
      token: tokens.access_token,
      expiresAt: this.parts.now() + tokens.expires_in_s * 1000,
    };
  }

  private forget(): void {
    const id = this.id;
    if (id !== null) {
      this.parts.shared.removeItem(tokenKey(id));
      if (this.parts.shared.getItem(CURRENT) === id) this.parts.shared.removeItem(CURRENT);
    }
    this.parts.tab.removeItem(CURRENT);
    this.access = null;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
