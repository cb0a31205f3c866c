/** What the signed-in person may do, as the server listed it; the server decides again anyway. */
import type { Me } from "../api/shapes";

export function may(me: Me, right: `${string}:${string}`): boolean {
  return me.rights.includes(right);
}

/** Where a profile's work is. */
export function homeOf(me: Me): "/crew" | "/map" {
  return me.profile === "crew_member" ? "/crew" : "/map";
}

/** Who may open a vehicle's past days; they choose among all vehicles. */
export function looksBack(me: Me): boolean {
  return may(me, "track:read") && may(me, "vehicle:read");
}
