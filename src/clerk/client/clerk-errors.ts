import { withinTime as within } from "../../shared/with-timeout.ts";
import { ApiError } from "../../http/api-error.ts";
import type { ClerkFailure } from "./read-failure.ts";

/** One thing that Clerk found wrong. */
export interface ClerkIssue {
  /** Clerk's own: `form_identifier_exists`. */
  readonly code: string;
  /** The parameter it is about, in snake case: `email_address`. */
  readonly paramName: string | undefined;
}

/** Clerk understood a request and refused it: a 4xx other than 429. `issues` are in Clerk's order, and may be empty. */
export class ClerkRefusal extends Error {
  override readonly name = "ClerkRefusal";
  readonly status: number;
  readonly issues: readonly ClerkIssue[];

  constructor(operation: string, status: number, issues: readonly ClerkIssue[], cause?: unknown) {
    super(`Clerk refused ${operation} with ${status}: ${issues.map(({ code }) => code).join(", ") || "no code"}`, {
      cause,
    });
    this.status = status;
    this.issues = issues;
  }

  get codes(): string[] {
    return this.issues.map(({ code }) => code);
  }

  get paramNames(): string[] {
    return [...new Set(this.issues.flatMap(({ paramName }) => paramName ?? []))];
  }

  /** Whether Clerk found this wrong, with this parameter if one is named. */
  has(code: string, paramName?: string): boolean {
    return this.issues.some(
      (issue) => issue.code === code && (paramName === undefined || issue.paramName === paramName),
    );
  }
}

export class ClerkTimeoutError extends Error {
  override readonly name = "ClerkTimeoutError";
}

/** Waits for an answer so long and no longer. The SDK takes no signal, so an overdue request is not cut off. */
export const withinTime = <T>(timeoutMs: number, answer: Promise<T>): Promise<T> =>
  within(timeoutMs, answer, () => new ClerkTimeoutError(`no answer from Clerk in ${timeoutMs} ms`));

/** What keeps a call of Clerk from its answer, refusals apart. */
export type ClerkOutage =
  | Exclude<ClerkFailure, { readonly outcome: "refused" }>
  | { readonly outcome: "no_turn"; readonly retryAfterMs: number };

const usualRetryAfterMs = 5_000;

/** What a caller hears of it: 502 when Clerk answered with an error of its own, 503 when it is away or has no room. */
export function failureToError(failure: ClerkOutage, cause?: unknown): ApiError {
  switch (failure.outcome) {
    case "failed":
      return failure.status === 503
        ? unavailable("Clerk is unavailable", failure.retryAfterMs, cause)
        : new ApiError(502, "clerk_failed", "Clerk failed to answer", { cause });
    case "unreachable":
      return unavailable("Clerk cannot be reached", undefined, cause);
    case "timed_out":
      return unavailable("Clerk did not answer in time", undefined, cause);
    case "limited":
    case "no_turn":
      return unavailable("Too many requests to Clerk; try again later", failure.retryAfterMs, cause);
  }
}

const unavailable = (message: string, retryAfterMs = usualRetryAfterMs, cause: unknown) =>
  new ApiError(503, "clerk_unavailable", message, {
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
    cause,
  });
