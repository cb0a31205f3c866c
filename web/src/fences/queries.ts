/** Fences and sites over REST, whole lists: a tenant has hundreds, not millions. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../api/client";
import { queryClient } from "../api/queries";
import type { Fence, Page, Site } from "../api/shapes";

const PAGE = 500;
const PAGES_MOST = 20;

async function all<Item>(path: string, signal: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page += 1) {
    const query = { limit: PAGE, cursor };
    const answer = await request<Page<Item>>("GET", path, { query, signal });
    items.push(...answer.items);
    if (answer.next === null) break;
    cursor = answer.next;
  }
  return items;
}

export function useFences() {
  return useQuery({
    queryKey: ["fences"],
    queryFn: ({ signal }) => all<Fence>("/fences", signal),
  });
}

export function useSites() {
  return useQuery({ queryKey: ["sites"], queryFn: ({ signal }) => all<Site>("/sites", signal) });
}

/** Put a fence the server just answered into the list, and read the list again. */
export function keep(fence: Fence): void {
  queryClient.setQueryData<Fence[]>(["fences"], (before = []) =>
    before.some((one) => one.id === fence.id)
      ? before.map((one) => (one.id === fence.id ? fence : one))
      : [...before, fence],
  );
  void queryClient.invalidateQueries({ queryKey: ["fences"] });
}
