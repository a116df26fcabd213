import { isClerkAPIResponseError } from "@clerk/backend/errors";
import { ClerkRefusal } from "./clerk-errors.ts";
import { ClerkTimeoutError } from "./clerk-errors.ts";

/** How a request to Clerk failed. Of all but `refused` and `limited` nobody knows whether Clerk did what was asked. */
export type ClerkFailure =
  | { readonly outcome: "refused"; readonly refusal: ClerkRefusal }
  /** 429: Clerk did nothing, and says when to come again. */
  | { readonly outcome: "limited"; readonly retryAfterMs: number }
  /** 5xx. */
  | { readonly outcome: "failed"; readonly status: number; readonly retryAfterMs: number | undefined }
  /** No answer, or one that was cut off. */
  | { readonly outcome: "unreachable" }
  | { readonly outcome: "timed_out" };

const usualRetryAfterMs = 1_000;

/** Reads what the SDK threw; undefined for what is no failure of a request but a bug. Pure. */
export function readFailure(operation: string, error: unknown): ClerkFailure | undefined {
  if (error instanceof ClerkTimeoutError) return { outcome: "timed_out" };
  if (!isClerkAPIResponseError(error)) return undefined;
  // The SDK hides network failures and unreadable answers behind an error without a status.
  const { status } = error as { status: number | undefined };
  if (status === undefined) return { outcome: "unreachable" };
  const retryAfterMs = error.retryAfter === undefined ? undefined : error.retryAfter * 1_000;
  if (status === 429) return { outcome: "limited", retryAfterMs: retryAfterMs ?? usualRetryAfterMs };
  if (status < 400 || status >= 500) return { outcome: "failed", status, retryAfterMs };
  const issues = error.errors.map(({ code, meta }) => ({ code, paramName: meta?.paramName }));
  return { outcome: "refused", refusal: new ClerkRefusal(operation, status, issues, error) };
}
