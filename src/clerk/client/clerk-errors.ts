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
