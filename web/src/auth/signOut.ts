/** Leave: the session first, then everything that was read with it. */
import { queryClient } from "../api/queries";
import { session } from "./current";

export async function signOut(): Promise<void> {
  try {
    await session.logout();
  } catch {
    // Off-line: the tokens here are gone all the same; the server's end by themselves.
  }
  queryClient.clear();
}
