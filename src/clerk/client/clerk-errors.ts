import { isClerkAPIResponseError } from "@clerk/backend/errors";

/** One problem that Clerk found in a request. */
export interface ClerkIssue {
  /** Clerk's own code, such as `form_identifier_exists`. */
  readonly code: string;
  /** The parameter with the problem, in snake case, such as `email_address`. */
  readonly paramName: string | undefined;
}

/** Clerk understood the request and rejected it: a 4xx other than 429. `issues` keep Clerk's order and may be empty. */
export class ClerkRequestError extends Error {
  override readonly name = "ClerkRequestError";
  readonly status: number;
  readonly issues: readonly ClerkIssue[];

  constructor(operation: string, status: number, issues: readonly ClerkIssue[], cause?: unknown) {
    super(`Clerk rejected ${operation} with ${status}: ${issues.map(({ code }) => code).join(", ") || "no code"}`, {
      cause,
    });
    this.status = status;
    this.issues = issues;
  }

  /** Whether Clerk found this problem, in this parameter if one is named. */
  has(code: string, paramName?: string): boolean {
    return this.issues.some(
      (issue) => issue.code === code && (paramName === undefined || issue.paramName === paramName),
    );
  }
}

const defaultRetryAfterMs = 5_000;

/** Clerk gave no answer in time, or the rate limit left no room for the request. */
export class ClerkUnavailableError extends Error {
  override readonly name = "ClerkUnavailableError";
  /** When to try again. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = defaultRetryAfterMs, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** Clerk answered with an error of its own, or with something that cannot be parsed. */
export class ClerkFailedError extends Error {
  override readonly name = "ClerkFailedError";
}

/** Whether Clerk could not answer, whatever the request: trying again later may help. */
export const isClerkOutage = (error: unknown): error is ClerkUnavailableError | ClerkFailedError =>
  error instanceof ClerkUnavailableError || error instanceof ClerkFailedError;

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

/** There was no response, or a truncated one. */
export class ClerkUnreachableError extends Error {
  override readonly name = "ClerkUnreachableError";
}

export class ClerkTimeoutError extends Error {
  override readonly name = "ClerkTimeoutError";
}

const limitedRetryAfterMs = 1_000;

/** Classifies what the SDK or `GetJson` threw; undefined for a bug, which is no failure of a request. Pure. */
export function classifyFailure(operation: string, error: unknown): ClerkFailure | undefined {
  if (error instanceof ClerkTimeoutError) return { outcome: "timed_out" };
  if (error instanceof ClerkUnreachableError) return { outcome: "unreachable" };
  if (!isClerkAPIResponseError(error)) return undefined;
  // The SDK reports network failures and unreadable responses as an error without a status.
  const { status } = error as { status: number | undefined };
  if (status === undefined) return { outcome: "unreachable" };
  const retryAfterMs = error.retryAfter === undefined ? undefined : error.retryAfter * 1_000;
  if (status === 429) return { outcome: "limited", retryAfterMs: retryAfterMs ?? limitedRetryAfterMs };
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
