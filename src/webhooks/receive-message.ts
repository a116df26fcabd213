import type { OptionalField } from "@clerk-kafka-bridge/events";
import type { SessionCount } from "../analytics/count-events.ts";
import type { SessionChange } from "../clerk/payloads/parse-session-change.ts";
import type { DeadLetters } from "../queue/dead-letters.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { type RedisReason, redisReason } from "../redis/redis-reason.ts";
import { routeMessage } from "./route-message.ts";
import type { RejectionReason, SignatureHeaders, Verifier } from "./verify-message.ts";

export interface ReceiveDeps {
  readonly verify: Verifier;
  readonly shardOf: (userId: string) => number;
  readonly queues: Pick<MessageQueues, "add">;
  readonly deadLetters: Pick<DeadLetters, "store">;
  /**
   * Undefined when Redis has no room for this message beside a reserve for the worker that drains the queue. Otherwise to be called when
   * Redis has answered.
   */
  readonly reserveRoom: (body: string) => (() => void) | undefined;
  /** Resolves once Redis has stored the count. */
  readonly countSession: (change: SessionChange) => Promise<SessionCount>;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly now: () => number;
}

export interface ReceivedRequest {
  readonly headers: SignatureHeaders;
  readonly traceparent: string | undefined;
  /** The raw bytes as UTF-8, because svix signs text. */
  readonly body: string;
}

/** The outcome of a webhook request. Svix sends only `full`, `unavailable` and `rejected` requests again. */
export type Receipt =
  | { readonly outcome: "queued"; readonly id: string; readonly userId: string; readonly shard: number }
  | { readonly outcome: SessionCount; readonly id: string; readonly session: SessionChange["event"] }
  | { readonly outcome: "ignored"; readonly id: string; readonly type: string }
  | { readonly outcome: "dead_lettered"; readonly id: string; readonly reason: string }
  | { readonly outcome: "rejected"; readonly reason: RejectionReason }
  | { readonly outcome: "full"; readonly id: string }
  | { readonly outcome: "unavailable"; readonly id: string; readonly reason: RedisReason; readonly cause: unknown };

/**
 * Receives one webhook: verifies the raw bytes and adds the message to its shard's queue, or counts it when it concerns a session.
 * `queued`, `counted` and `dead_lettered` promise that Redis has stored it. `unavailable` promises nothing: Redis may have stored
 * it, and the redelivery is then harmless.
 */
export async function receiveMessage(deps: ReceiveDeps, request: ReceivedRequest): Promise<Receipt> {
  const verification = deps.verify(request.headers, request.body);
  if (verification.outcome === "rejected") return verification;
  const { message: verified } = verification;
  const { id } = verified;
  const receivedAt = deps.now();
  const route = routeMessage(verified, {
    receivedAt,
    traceparent: request.traceparent,
    eventFields: deps.eventFields,
  });
  const onWritten = deps.reserveRoom(request.body);
  if (onWritten === undefined) return { outcome: "full", id };
  try {
    switch (route.outcome) {
      case "bridged": {
        const shard = deps.shardOf(route.userId);
        await deps.queues.add(shard, route.message);
        return { outcome: "queued", id, userId: route.userId, shard };
      }
      case "session":
        return { outcome: await deps.countSession(route.change), id, session: route.change.event };
      case "unreadable":
        await deps.deadLetters.store({ id, stage: "received", reason: route.reason, at: receivedAt, body: route.body });
        return { outcome: "dead_lettered", id, reason: route.reason };
      case "ignored":
        return { outcome: "ignored", id, type: route.type };
    }
  } catch (cause) {
    return { outcome: "unavailable", id, reason: redisReason(cause), cause };
  } finally {
    onWritten();
  }
}
