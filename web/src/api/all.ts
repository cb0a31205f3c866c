/** Whole lists, page by page: a tenant has hundreds of what is asked for here, not millions. */
import { type Call, request } from "./client";
import type { Page } from "./shapes";

const PAGE = 500;
/** Ten thousand items; more would be a server gone wrong. */
const PAGES_MOST = 20;

export async function all<Item>(
  path: string,
  signal: AbortSignal,
  query: Call["query"] = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page += 1) {
    const answer = await request<Page<Item>>("GET", path, {
      query: { ...query, limit: PAGE, cursor },
      signal,
    });
    items.push(...answer.items);
    if (answer.next === null) break;
    cursor = answer.next;
  }
  return items;
}
