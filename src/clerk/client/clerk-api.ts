import { setTimeout as delay } from "node:timers/promises";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import type { Registry } from "prom-client";
import type { Logger } from "../../shared/logger.ts";
import type { ClerkConfig } from "../clerk-config.ts";
import { createClerkMetrics } from "./clerk-metrics.ts";
import { createTurns, type Turn } from "./throttle.ts";
import { failureToError } from "./clerk-errors.ts";
import { openRateBudget, takeWhenDue } from "./rate-budget.ts";
import { type ClerkFailure, readFailure } from "./read-failure.ts";
import { withinTime } from "./clerk-errors.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface CallOptions {
  /** How many HTTP requests the call makes: `getUserList` makes two. Default 1. */
  readonly requests?: number;
  /** The user that the call changes by PATCH, itself or its metadata: Clerk allows ten of these for a user in ten seconds. */
  readonly patches?: string;
  /** How long the call may wait for its turns, ms; the time that Clerk takes to answer is not counted. */
  readonly waitMs?: number;
  /** How long Clerk may take to answer, ms. */
  readonly timeoutMs?: number;
}

/**
 * The one way to Clerk's Backend API. Each call waits for its turn within the rate limit that all processes share, gets a
 * time-out, and is repeated only where that is safe:
 *
 * | what happened                     | read                                   | write                  |
 * | --------------------------------- | -------------------------------------- | ---------------------- |
 * | 429                               | again after `Retry-After`              | the same: nothing done |
 * | 5xx, no answer, a cut-off answer  | again after about 100 ms, then 400 ms  | never: it may be done  |
 * | time-out                          | not again: the caller waited enough    | never                  |
 * | any other 4xx                     | `ClerkRefusal`                         | `ClerkRefusal`         |
 *
 * What cannot be had is an `ApiError`: 502 `clerk_failed` when Clerk answered with an error of its own, 503
 * `clerk_unavailable` with `Retry-After` when it did not answer, or no turn came in time. After a failed write nobody knows
 * whether Clerk did it, except when no turn came.
 */
export interface ClerkApi {
  /** A call that changes nothing. `operation` names it in metrics and logs. */
  read<T>(operation: string, call: ClerkCall<T>, options?: CallOptions): Promise<T>;
  write<T>(operation: string, call: ClerkCall<T>, options?: CallOptions): Promise<T>;
}

type ClerkCall<T> = (clerk: ClerkClient) => Promise<T>;

export interface ClerkApiDeps {
  readonly config: ClerkConfig;
  /** Fails fast; the rate budget is shared by it. */
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
  /** A little more than the window of Clerk's limit, so that whoever waits sees the next one. */
  readonly waitMs: number;
  /** Calls at a time of this process. */
  readonly underWay: number;
}

const usualLimits: ClerkLimits = { readTimeoutMs: 5_000, writeTimeoutMs: 10_000, waitMs: 11_000, underWay: 50 };
const readRetriesMs = [100, 400];
const maxAttempts = 5;
const patchesOfUser = 10;

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

export function createClerkApi(deps: ClerkApiDeps): ClerkApi {
  const { redis, redisPrefix, log, now } = deps;
  const { readTimeoutMs, writeTimeoutMs, waitMs, underWay } = { ...usualLimits, ...deps.limits };
  const { secretKey, apiUrl, rateLimit } = deps.config;
  const metrics = createClerkMetrics(deps.registry);
  const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } });
  const keyPrefix = `${redisPrefix}:clerk`;
  const budget = openRateBudget({ redis, keyPrefix, requests: rateLimit });
  const patchBudget = openRateBudget({ redis, keyPrefix: `${keyPrefix}:patch`, requests: patchesOfUser });
  const takeTurn = createTurns({ budget, atOnce: underWay, now });

  async function perform<T>(call: Call<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const turn = await takeTurnOf(call);
      if (turn.outcome === "no_turn") {
        metrics.turnedAway.inc();
        throw failureToError(turn);
      }
      metrics.waitSeconds.observe(turn.waitedMs / 1_000);
      const sent = turn.value;
      if (sent.outcome === "ok") return sent.value;
      if (sent.outcome === "refused") throw sent.refusal;
      const againMs = attempt < maxAttempts ? repeatAfterMs(call.kind, sent, attempt) : undefined;
      if (againMs === undefined || now() + againMs > call.waitUntil) {
        log.warn({ event: "clerk.call_failed", operation: call.operation, outcome: sent.outcome, attempt });
        throw failureToError(sent, sent.cause);
      }
      await delay(againMs);
    }
  }

  /** The wait for a user's own limit is outside of the queue for all: nobody else has to wait for that user. */
  async function takeTurnOf<T>(call: Call<T>): Promise<Turn<Sent<T>>> {
    const { patches, requests, waitUntil } = call;
    if (patches !== undefined) {
      const retryAfterMs = await takeWhenDue(patchBudget, { key: patches, requests: 1, waitUntil }, now);
      if (retryAfterMs > 0) return { outcome: "no_turn", retryAfterMs };
    }
    return takeTurn(requests, waitUntil, () => send(call));
  }

  async function send<T>({ operation, run, timeoutMs }: Call<T>): Promise<Sent<T>> {
    const sentAt = now();
    metrics.underWay.inc();
    const ended = (outcome: string) => {
      metrics.underWay.dec();
      metrics.requests.inc({ operation, outcome });
      metrics.requestSeconds.observe({ operation }, (now() - sentAt) / 1_000);
    };
    try {
      const value = await withinTime(timeoutMs, run(clerk));
      ended("ok");
      return { outcome: "ok", value };
    } catch (cause) {
      const failure = readFailure(operation, cause);
      ended(failure?.outcome ?? "unreadable");
      if (failure === undefined) throw cause;
      return { ...failure, cause };
    }
  }

  const start =
    (kind: Call<unknown>["kind"]): ClerkApi["read"] =>
    (operation, run, options = {}) =>
      perform({
        kind,
        operation,
        run,
        requests: options.requests ?? 1,
        patches: options.patches,
        waitUntil: now() + (options.waitMs ?? waitMs),
        timeoutMs: options.timeoutMs ?? (kind === "read" ? readTimeoutMs : writeTimeoutMs),
      });
  return { read: start("read"), write: start("write") };
}

/** The table above. Undefined: not again. */
function repeatAfterMs(
  kind: "read" | "write",
  failure: Exclude<ClerkFailure, { readonly outcome: "refused" }>,
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
