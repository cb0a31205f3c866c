/** What went wrong, as a code one can translate: the server's problem, or the lack of an answer. */
import type { Problem } from "./shapes";

/** The server answered with an RFC 9457 problem. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer: off-line, refused, or too late. Worth trying again with the same key. */
export class NoAnswer extends Error {
  readonly code = "no_answer";

  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "NoAnswer";
  }
}

/** Read a failed response; a proxy's HTML page becomes a problem too. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      const body = JSON.parse(text) as Partial<Problem>;
      if (typeof body.code === "string") {
        return {
          type: body.type ?? "about:blank",
          title: body.title ?? response.statusText,
          status: response.status,
          detail: body.detail ?? "",
          code: body.code,
          params: body.params ?? {},
          errors: body.errors ?? [],
        };
      }
    } catch {
      // Cut short on its way: told below by its status alone.
    }
  }
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `HTTP ${response.status}`,
    code: response.status >= 500 ? "unavailable" : "unexpected",
    params: {},
    errors: [],
  };
}

export function codeOf(error: unknown): string {
  return error instanceof ProblemError || error instanceof NoAnswer ? error.code : "unexpected";
}
