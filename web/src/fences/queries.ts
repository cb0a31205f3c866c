/** Fences over REST. */
import { useQuery } from "@tanstack/react-query";
import { all } from "../api/all";
import { queryClient } from "../api/queries";
import type { Fence } from "../api/shapes";

export function useFences() {
  return useQuery({
    queryKey: ["fences"],
    queryFn: ({ signal }) => all<Fence>("/fences", signal),
  });
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
