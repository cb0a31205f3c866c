/** What is read over REST, by key; what the WebSocket keeps fresh is in live/. */
import { QueryClient, useQuery } from "@tanstack/react-query";
import { all } from "./all";
import { request } from "./client";
import { NoAnswer } from "./problem";
import type { Candidate, CrewDay, Me, PlanView, Site } from "./shapes";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => error instanceof NoAnswer && count < 3,
      refetchOnWindowFocus: false,
      staleTime: 30_000,
    },
  },
});

export function useMe() {
  return useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => request<Me>("GET", "/me", { signal }),
    staleTime: Infinity,
  });
}

/** `revision` changes when the plan does, which makes the ranking out of date. */
export function useCandidates(taskId: string, revision: string) {
  return useQuery({
    queryKey: ["candidates", taskId, revision],
    queryFn: ({ signal }) => request<Candidate[]>("GET", `/tasks/${taskId}/candidates`, { signal }),
    placeholderData: (previous, query) =>
      query?.queryKey[1] === taskId ? previous : undefined,
  });
}

/** One key, one shape: screens share what is read under it. */
export function useSites() {
  return useQuery({ queryKey: ["sites"], queryFn: ({ signal }) => all<Site>("/sites", signal) });
}

export function useMyDay() {
  return useQuery({
    queryKey: ["my-day"],
    queryFn: ({ signal }) => request<CrewDay>("GET", "/my/day", { signal }),
    refetchInterval: 60_000,
  });
}

export function fetchPlan(): Promise<PlanView> {
  return request<PlanView>("GET", "/plan");
}
