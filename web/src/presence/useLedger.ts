/** A site's ledger of a day, all its pages, looked at again every half minute. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../api/client";
import type { Page, PresenceEntry, Site } from "../api/shapes";

const SITES_MOST = 500;
const PAGE = 500;
/** Ten thousand entries a site and day; more would be a server gone wrong. */
const PAGES_MOST = 20;

export function useSites() {
  return useQuery({
    queryKey: ["sites"],
    queryFn: ({ signal }) =>
      request<Page<Site>>("GET", "/sites", { query: { limit: SITES_MOST }, signal }),
  });
}

async function read(site: string, day: string, signal: AbortSignal): Promise<PresenceEntry[]> {
  const entries: PresenceEntry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page++) {
    const answer = await request<Page<PresenceEntry>>("GET", `/sites/${site}/presence/ledger`, {
      query: { day, limit: PAGE, cursor },
      signal,
    });
    entries.push(...answer.items);
    if (answer.next === null) break;
    cursor = answer.next;
  }
  return entries;
}

export function useLedger(site: string | null, day: string) {
  return useQuery({
    queryKey: ["ledger", site, day],
    queryFn: ({ signal }) => read(site ?? "", day, signal),
    enabled: site !== null,
    refetchInterval: 30_000,
  });
}
