/** Attendance over REST: days, and the steps people take with them. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { all } from "../api/all";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type {
  AttendanceDay,
  BulkAnswer,
  Crew,
  DayAnswers,
  DayStep,
  NewAttendance,
} from "../api/shapes";
import { uuid7 } from "../api/uuid";

export const KEY = ["attendance"];

export interface Asked {
  first: string;
  last?: string;
  siteId?: string | undefined;
}

export function useDays({ first, last, siteId }: Asked) {
  return useQuery({
    queryKey: [...KEY, "days", first, last ?? first, siteId ?? ""],
    queryFn: ({ signal }) =>
      all<AttendanceDay>("/attendance/days", signal, {
        first,
        last: last ?? first,
        site_id: siteId ?? undefined,
      }),
    refetchInterval: 60_000,
  });
}

export function useCrews() {
  return useQuery({
    queryKey: ["crews"],
    queryFn: ({ signal }) => all<Crew>("/crews", signal),
    select: (crews) => crews.filter((crew) => crew.active),
  });
}

const renew = () => queryClient.invalidateQueries({ queryKey: KEY });

export interface Steps {
  step: DayStep;
  days: readonly { worker_id: string; day: string }[];
  why?: string;
}

export function useSteps() {
  return useMutation({
    mutationFn: ({ step, days, why }: Steps) =>
      request<DayAnswers>("POST", "/attendance/days/steps", {
        body: {
          step,
          days: days.map(({ worker_id, day }) => ({ worker_id, day })),
          ...(why === undefined ? {} : { why }),
        },
        idempotencyKey: uuid7(),
      }),
    onSettled: renew,
  });
}

export function useRollCall() {
  return useMutation({
    mutationFn: (items: readonly NewAttendance[]) =>
      request<BulkAnswer>("POST", "/attendance/bulk", { body: { items }, idempotencyKey: uuid7() }),
    onSettled: renew,
  });
}

export interface Fix {
  /** Null adds an entry instead of correcting one. */
  eventId: string | null;
  body: object;
}

export function useFix() {
  return useMutation({
    mutationFn: ({ eventId, body }: Fix) =>
      request("POST", eventId === null ? "/attendance" : `/attendance/${eventId}/correct`, {
        body,
        idempotencyKey: uuid7(),
      }),
    onSettled: renew,
  });
}
