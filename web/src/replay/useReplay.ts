/** Opening a vehicle's day: the reason first, then its trips, then its line page by page. */
import { useMutation } from "@tanstack/react-query";
import { request } from "../api/client";
import type { Motive, Replay, TrackPage, VehicleDay } from "../api/shapes";
import { uuid7 } from "../api/uuid";
import { type Mark, marksOf } from "./playback";

export interface Asked {
  vehicle: string;
  day: string;
  motive: Motive;
  note: string;
}

export interface Opened {
  replay: Replay;
  day: VehicleDay;
  marks: Mark[];
}

/** A day has at most 86,400 seconds, so at most 44 pages; more would be a server gone wrong. */
const PAGES_MOST = 50;

async function line(base: string): Promise<Mark[]> {
  const marks: Mark[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page++) {
    const { points, next } = await request<TrackPage>("GET", `${base}/track`, { query: { cursor } });
    marks.push(...marksOf(points));
    if (next === null) break;
    cursor = next;
  }
  return marks;
}

async function open({ vehicle, day, motive, note }: Asked): Promise<Opened> {
  const replay = await request<Replay>("POST", `/vehicles/${vehicle}/replays`, {
    body: { day, motive, note },
    idempotencyKey: uuid7(),
  });
  const base = `/vehicles/${vehicle}/replays/${replay.id}`;
  const [facts, marks] = await Promise.all([request<VehicleDay>("GET", base), line(base)]);
  return { replay, day: facts, marks };
}

export function useReplay() {
  return useMutation({ mutationFn: open });
}
