/** A site's ledger of a day, all its pages, looked at again every half minute. */
import { useQuery } from "@tanstack/react-query";
import { all } from "../api/all";
import type { PresenceEntry } from "../api/shapes";

export function useLedger(site: string | null, day: string) {
  return useQuery({
    queryKey: ["ledger", site, day],
    queryFn: ({ signal }) => all<PresenceEntry>(`/sites/${site ?? ""}/presence/ledger`, signal, { day }),
    enabled: site !== null,
    refetchInterval: 30_000,
  });
}
