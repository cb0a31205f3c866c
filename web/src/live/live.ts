/** The app's one live connection: the world as a store, the fixes beside it. */
import { useEffect } from "react";
import { create } from "zustand";
import { fetchPlan, queryClient } from "../api/queries";
import { session } from "../auth/current";
import { SignedOut } from "../auth/session";
import { serverNow, setServerNow } from "./clock";
import { FixBook } from "./fixes";
import type { Frame, Viewport } from "./frames";
import { LiveLink, type LinkState } from "./socket";
import { EMPTY_WORLD, fromSnapshot, withEvents, withPlan, type World } from "./world";

interface Live {
  world: World;
  link: LinkState;
}

export const useLive = create<Live>(() => ({ world: EMPTY_WORLD, link: "connecting" }));
export const fixes = new FixBook();

let current: LiveLink | null = null;

async function refreshPlan(): Promise<void> {
  try {
    const plan = await fetchPlan();
    useLive.setState((live) => ({ world: withPlan(live.world, plan) }));
  } catch {
    // The next of these events asks again; until then the routes shown are the previous ones.
  }
}

function take(frame: Frame): void {
  switch (frame.type) {
    case "snapshot":
      setServerNow(frame.snapshot.now);
      fixes.replace(frame.snapshot.fixes, frame.snapshot.now);
      useLive.setState((live) => ({ world: fromSnapshot(live.world, frame.snapshot, frame.at) }));
      void queryClient.invalidateQueries({ queryKey: ["my-day"] });
      break;
    case "resumed":
      break;
    case "events":
      useLive.setState((live) => ({
        world: withEvents(live.world, frame.events, serverNow()),
      }));
      for (const event of frame.events) {
        if (event.kind === "position.hidden") fixes.hide((event.body as { devices: string[] }).devices);
      }
      if (frame.events.some((event) => /^plan\.(published|explained)$/.test(event.kind))) void refreshPlan();
      if (frame.events.some((event) => event.kind.startsWith("attendance."))) {
        void queryClient.invalidateQueries({ queryKey: ["attendance"] });
      }
      if (frame.events.some((event) => /^(assignment|task|crew)\./.test(event.kind))) {
        void queryClient.invalidateQueries({ queryKey: ["my-day"] });
      }
      break;
    case "fixes":
      setServerNow(frame.now);
      fixes.merge(frame.fixes, frame.now);
      break;
    case "problem":
      console.error("live", frame.problem.code, frame.problem.detail);
      break;
  }
}

function open(): LiveLink {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new LiveLink({
    url: `${scheme}://${location.host}/api/v1/live`,
    token: (usedUp) => (usedUp === null ? session.token(90) : session.renew(usedUp)),
    tokenEnds: () => session.expiresAt,
    onFrame: take,
    onState: (link) => useLive.setState({ link }),
    isFinal: (error) => error instanceof SignedOut,
  });
}

/** Keep the connection open while the calling screen is shown. */
export function useLiveLink(): void {
  useEffect(() => {
    const link = open();
    current = link;
    link.start();
    return () => {
      link.stop();
      current = null;
      fixes.clear();
      useLive.setState({ world: EMPTY_WORLD, link: "connecting" });
    };
  }, []);
}

export function look(viewport: Viewport): void {
  current?.look(viewport);
}
