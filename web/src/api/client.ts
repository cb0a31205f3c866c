/** One call to the api: bearer token, time-out, problem bodies, one retry after a refused token. */
import { session } from "../auth/current";
import { NoAnswer, problemOf, ProblemError } from "./problem";

const TIMEOUT_MS = 15_000;

export interface Call {
  body?: object;
  query?: Record<string, string | number | boolean | undefined>;
  ifMatch?: number;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

function address(path: string, query: Call["query"]): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  const tail = search.toString();
  return `/api/v1${path}${tail === "" ? "" : `?${tail}`}`;
}

async function attempt(method: string, path: string, call: Call, token: string): Promise<Response> {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  if (call.body !== undefined) headers.set("content-type", "application/json");
  if (call.ifMatch !== undefined) headers.set("if-match", `"${call.ifMatch}"`);
  if (call.idempotencyKey !== undefined) headers.set("idempotency-key", call.idempotencyKey);
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(address(path, call.query), {
      method,
      headers,
      signal: call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  } catch (error) {
    if (call.signal?.aborted === true) throw error;
    throw new NoAnswer(error);
  }
}

/**
 * Call `/api/v1` + path.
 *
 * Throws ProblemError for an answer that is not 2xx, NoAnswer when there is none, SignedOut when
 * the session has ended.
 */
export async function request<Answer>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  call: Call = {},
): Promise<Answer> {
  const token = await session.token();
  let response = await attempt(method, path, call, token);
  if (response.status === 401) {
    response = await attempt(method, path, call, await session.renew(token));
  }
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}
