import { clerkBudgetPrefix } from "../../redis/keys.ts";
import { setTimeout as delay } from "node:timers/promises";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import type { Registry } from "prom-client";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { Logger } from "../../shared/logger.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import type { ClerkConfig } from "./clerk-config.ts";
import { createGetJson, type GetJson } from "./get-json.ts";
import { createClerkMetrics } from "./clerk-metrics.ts";
import { type Throttled, acquireBudget, createRateBudget, createThrottle, sharedBudgetKey } from "./rate-budget.ts";
import { type ClerkFailure, ClerkTimeoutError, outageToError, classifyFailure } from "./clerk-errors.ts";

export interface CallOptions {
  /** How many HTTP requests the call makes: `getUserList` makes two. Default 1. */
  readonly requests?: number;
  /** The user that the call changes by PATCH, itself or its metadata: Clerk allows ten of these for a user in ten seconds. */
  readonly patches?: string;
  /** How long the call may wait within the rate limit, in ms, before the request is sent. */
  readonly waitMs?: number;
  /** How long Clerk may take to respond, in ms. */
  readonly timeoutMs?: number;
}

/**
 * The one way to Clerk's Backend API. Each call waits within the rate limit that all processes share, has a timeout, and
 * is repeated only where that is safe:
 *
 * | what happened                      | read                                  | write                          |
 * | ---------------------------------- | ------------------------------------- | ------------------------------ |
 * | 429                                | again after `Retry-After`             | the same: nothing was done     |
 * | 5xx, no response, a truncated one  | again after about 100 ms, then 400 ms | never: it may have been done   |
 * | timeout                            | never: the caller has waited enough   | never                          |
 * | any other 4xx                      | `ClerkRequestError`                   | `ClerkRequestError`            |
 *
 * Throws a `ClerkFailedError` when Clerk answered with an error of its own, and a `ClerkUnavailableError` when it did not
 * answer or the rate limit left no room in time. After a failed write it is unknown whether Clerk did it, except when the
 * call was throttled.
 */
export interface ClerkApi {
  /** A call that changes nothing. `operation` names it in metrics and logs. */
  read<T>(operation: string, call: ClerkCall<T>, options?: CallOptions): Promise<T>;
  write<T>(operation: string, call: ClerkCall<T>, options?: CallOptions): Promise<T>;
  /** The requests of all processes in the current window of ten seconds, and how many the window allows. */
  budget(): Promise<{ readonly taken: number; readonly limit: number }>;
  /** Counts and logs a user in a list of Clerk's that cannot be parsed. `reason` has no data of the user. */
  reportUnreadable(userId: string, reason: string): void;
}

/** Makes the request with the SDK's client, or reads with `get` what Clerk sends, unchanged. */
type ClerkCall<T> = (clerk: ClerkClient, get: GetJson) => Promise<T>;

export interface ClerkApiOptions {
  readonly config: ClerkConfig;
  /** Fails fast; it holds the shared rate budget. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => number;
  readonly limits?: Partial<ClerkLimits>;
}

export interface ClerkLimits {
  readonly readTimeoutMs: number;
  /** Longer: Clerk hashes passwords. */
  readonly writeTimeoutMs: number;
  /** A little more than the window of Clerk's limit, so that a waiting call sees the next window. */
  readonly waitMs: number;
  /** Calls of this process at a time. */
  readonly maxConcurrent: number;
}

const defaultLimits: ClerkLimits = { readTimeoutMs: 5_000, writeTimeoutMs: 10_000, waitMs: 11_000, maxConcurrent: 50 };
const readRetriesMs = [100, 400];
const maxAttempts = 5;
const patchesPerUser = 10;

interface Call<T> {
  readonly kind: "read" | "write";
  readonly operation: string;
  readonly run: ClerkCall<T>;
  readonly requests: number;
  readonly patches: string | undefined;
  readonly waitUntil: number;
  readonly timeoutMs: number;
}

type Sent<T> = { readonly outcome: "ok"; readonly value: T } | (ClerkFailure & { readonly cause: unknown });

export function createClerkApi(options: ClerkApiOptions): ClerkApi {
  const { redis, redisPrefix, log, now } = options;
  const { readTimeoutMs, writeTimeoutMs, waitMs, maxConcurrent } = { ...defaultLimits, ...options.limits };
  const { secretKey, apiUrl, rateLimit } = options.config;
  const metrics = createClerkMetrics(options.registry);
  const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } });
  const get = createGetJson({ secretKey, apiUrl });
  const keyPrefix = clerkBudgetPrefix(redisPrefix);
  const budget = createRateBudget({ redis, keyPrefix, requests: rateLimit });
  const patchBudget = createRateBudget({ redis, keyPrefix: `${keyPrefix}:patch`, requests: patchesPerUser });
  const throttle = createThrottle({ budget, maxConcurrent, now });

  async function perform<T>(call: Call<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const throttled = await sendThrottled(call);
      if (throttled.outcome === "throttled") {
        metrics.throttled.inc();
        throw outageToError(throttled);
      }
      metrics.waitSeconds.observe(throttled.waitedMs / 1_000);
      const sent = throttled.value;
      if (sent.outcome === "ok") return sent.value;
      if (sent.outcome === "rejected") throw sent.error;
      const retryMs = attempt < maxAttempts ? retryAfterMs(call.kind, sent, attempt) : undefined;
      if (retryMs === undefined || now() + retryMs > call.waitUntil) {
        log.warn({ event: "clerk.call_failed", operation: call.operation, outcome: sent.outcome, attempt });
        throw outageToError(sent, sent.cause);
      }
      await delay(retryMs);
    }
  }

  /** The wait for one user's own limit stands outside the shared queue: no other call has to wait for that user. */
  async function sendThrottled<T>(call: Call<T>): Promise<Throttled<Sent<T>>> {
    const { patches, requests, waitUntil } = call;
    if (patches !== undefined) {
      const missingMs = await acquireBudget(patchBudget, { key: patches, requests: 1, waitUntil }, now);
      if (missingMs > 0) return { outcome: "throttled", retryAfterMs: missingMs };
    }
    return throttle(requests, waitUntil, () => send(call));
  }

  async function send<T>({ operation, run, timeoutMs }: Call<T>): Promise<Sent<T>> {
    const sentAt = now();
    metrics.inFlight.inc();
    const ended = (outcome: string) => {
      metrics.inFlight.dec();
      metrics.requests.inc({ operation, outcome });
      metrics.requestSeconds.observe({ operation }, (now() - sentAt) / 1_000);
    };
    try {
      // The SDK takes no signal, so an overdue request is not cancelled.
      const overdue = () => new ClerkTimeoutError(`no response from Clerk in ${timeoutMs} ms`);
      const value = await withTimeout(timeoutMs, run(clerk, get), overdue);
      ended("ok");
      return { outcome: "ok", value };
    } catch (cause) {
      const failure = classifyFailure(operation, cause);
      ended(failure?.outcome ?? "unreadable");
      if (failure === undefined) throw cause;
      return { ...failure, cause };
    }
  }

  const createCall =
    (kind: Call<unknown>["kind"]): ClerkApi["read"] =>
    (operation, run, callOptions = {}) =>
      perform({
        kind,
        operation,
        run,
        requests: callOptions.requests ?? 1,
        patches: callOptions.patches,
        waitUntil: now() + (callOptions.waitMs ?? waitMs),
        timeoutMs: callOptions.timeoutMs ?? (kind === "read" ? readTimeoutMs : writeTimeoutMs),
      });
  return {
    read: createCall("read"),
    write: createCall("write"),
    budget: async () => ({ taken: await budget.taken(sharedBudgetKey), limit: rateLimit }),
    reportUnreadable: (userId, reason) => {
      metrics.unreadableUsers.inc();
      log.warn({ event: "clerk.user_unreadable", userId, reason }, "A user in a list of Clerk's cannot be parsed");
    },
  };
}

/** The table above. Undefined: do not try again. */
function retryAfterMs(
  kind: "read" | "write",
  failure: Exclude<ClerkFailure, { readonly outcome: "rejected" }>,
  attempt: number,
): number | undefined {
  switch (failure.outcome) {
    case "limited":
      return failure.retryAfterMs;
    case "timed_out":
      return undefined;
    case "failed":
    case "unreachable": {
      const backoffMs = readRetriesMs[attempt - 1];
      return kind === "write" || backoffMs === undefined ? undefined : backoffMs * (0.5 + Math.random());
    }
  }
}
