import { isClerkAPIResponseError } from "@clerk/backend/errors";
import { ClerkFailedError, ClerkRequestError, ClerkUnavailableError } from "./clerk-errors.ts";

/** How a request to Clerk failed. Except for `rejected` and `limited`, Clerk may have carried it out or not. */
export type ClerkFailure =
  | { readonly outcome: "rejected"; readonly error: ClerkRequestError }
  /** 429: Clerk did nothing, and says when to try again. */
  | { readonly outcome: "limited"; readonly retryAfterMs: number }
  /** 5xx. */
  | { readonly outcome: "failed"; readonly status: number; readonly retryAfterMs: number | undefined }
  /** No response, or a truncated one. */
  | { readonly outcome: "unreachable" }
  | { readonly outcome: "timed_out" };

/** Every reason why a call gets no result, except a rejection. */
export type ClerkOutage =
  | Exclude<ClerkFailure, { readonly outcome: "rejected" }>
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

export class ClerkTimeoutError extends Error {
  override readonly name = "ClerkTimeoutError";
}

const defaultRetryAfterMs = 1_000;

/** Classifies what the SDK threw; undefined for a bug, which is no failure of a request. Pure. */
export function classifyFailure(operation: string, error: unknown): ClerkFailure | undefined {
  if (error instanceof ClerkTimeoutError) return { outcome: "timed_out" };
  if (!isClerkAPIResponseError(error)) return undefined;
  // The SDK reports network failures and unreadable responses as an error without a status.
  const { status } = error as { status: number | undefined };
  if (status === undefined) return { outcome: "unreachable" };
  const retryAfterMs = error.retryAfter === undefined ? undefined : error.retryAfter * 1_000;
  if (status === 429) return { outcome: "limited", retryAfterMs: retryAfterMs ?? defaultRetryAfterMs };
  if (status < 400 || status >= 500) return { outcome: "failed", status, retryAfterMs };
  const issues = error.errors.map(({ code, meta }) => ({ code, paramName: meta?.paramName }));
  return { outcome: "rejected", error: new ClerkRequestError(operation, status, issues, error) };
}

/** The error that a caller gets for an outage. Pure. */
export function outageToError(outage: ClerkOutage, cause?: unknown): ClerkUnavailableError | ClerkFailedError {
  switch (outage.outcome) {
    case "failed":
      return outage.status === 503
        ? new ClerkUnavailableError("Clerk is unavailable", outage.retryAfterMs, cause)
        : new ClerkFailedError("Clerk failed to answer", { cause });
    case "unreachable":
      return new ClerkUnavailableError("Clerk cannot be reached", undefined, cause);
    case "timed_out":
      return new ClerkUnavailableError("Clerk did not answer in time", undefined, cause);
    case "limited":
    case "throttled":
      return new ClerkUnavailableError("Too many requests to Clerk; try again later", outage.retryAfterMs, cause);
  }
}
