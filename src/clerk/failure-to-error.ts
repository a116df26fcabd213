import { ApiError } from "../http/api-error.ts";
import type { ClerkFailure } from "./read-failure.ts";

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
