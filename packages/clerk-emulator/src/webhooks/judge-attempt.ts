/** What came of one POST to the endpoint. */
export type AttemptResult =
  | { readonly kind: "answered"; readonly status: number; readonly control: string | null }
  | { readonly kind: "failed"; readonly reason: string };

export type Verdict =
  | { readonly next: "delivered" }
  | { readonly next: "aborted" }
  | { readonly next: "exhausted" }
  | { readonly next: "retry"; readonly delayMs: number };

/**
 * Svix's timetable (https://docs.svix.com/retries): how long after the attempt before it an attempt is made.
 *
 * | attempt |    1 |   2 |     3 |      4 |   5 |   6 |    7 |    8 |
 * | ------- | ---: | --: | ----: | -----: | --: | --: | ---: | ---: |
 * | waits   | none | 5 s | 5 min | 30 min | 2 h | 5 h | 10 h | 10 h |
 */
const WAITS_BEFORE_RETRY_MS = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600].map((s) => s * 1000);

/**
 * What Svix does after an attempt (the first is 1). Only 2xx counts as delivered: redirects and all of 4xx are tried
 * again like 5xx. An endpoint ends the retries of a message by answering `webhook-delivery: abort-message`.
 */
export function judgeAttempt(result: AttemptResult, attempt: number, retryScale: number): Verdict {
  if (result.kind === "answered" && result.status >= 200 && result.status < 300) return { next: "delivered" };
  if (result.kind === "answered" && result.control === "abort-message") return { next: "aborted" };
  const waitMs = WAITS_BEFORE_RETRY_MS[attempt - 1];
  return waitMs === undefined ? { next: "exhausted" } : { next: "retry", delayMs: waitMs * retryScale };
}
