import type { SessionCount } from "../analytics/count-events.ts";
import type { SessionChange } from "../clerk/payloads/parse-session-change.ts";
import type { DeadLetters } from "../queue/dead-letters.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { routeMessage } from "./route-message.ts";
import type { RejectionReason, SignatureHeaders, Verifier } from "./verify-message.ts";

export interface ReceiveDeps {
  readonly verify: Verifier;
  readonly shardOf: (userId: string) => number;
  readonly queues: Pick<MessageQueues, "add">;
  readonly deadLetters: Pick<DeadLetters, "store">;
  /** Resolves once Redis has it. */
  readonly countSession: (change: SessionChange) => Promise<SessionCount>;
  readonly now: () => number;
}

export interface ReceivedRequest {
  readonly headers: SignatureHeaders;
  readonly traceparent: string | undefined;
  /** The raw bytes as UTF-8: what svix signs is text. */
  readonly body: string;
}

/** What became of a webhook request. Only `unavailable` and `rejected` make Svix send it again. */
export type Receipt =
  | { readonly outcome: "queued"; readonly id: string; readonly userId: string; readonly shard: number }
  | { readonly outcome: SessionCount; readonly id: string; readonly session: SessionChange["event"] }
  | { readonly outcome: "ignored"; readonly id: string; readonly type: string }
  | { readonly outcome: "dead_lettered"; readonly id: string; readonly reason: string }
  | { readonly outcome: "rejected"; readonly reason: RejectionReason }
  | { readonly outcome: "unavailable"; readonly id: string; readonly cause: unknown };

/**
 * Receives one webhook: verifies the raw bytes, then hands the message to its shard's queue, or counts it when it is about
 * a session. `queued`, `counted` and `dead_lettered` promise that Redis holds it. `unavailable` promises nothing: Redis may
 * hold it all the same, and the repetition that follows is harmless.
 */
export async function receiveMessage(deps: ReceiveDeps, request: ReceivedRequest): Promise<Receipt> {
  const verification = deps.verify(request.headers, request.body);
  if (verification.outcome === "rejected") return verification;
  const { message: verified } = verification;
  const { id } = verified;
  const receivedAt = deps.now();
  const route = routeMessage(verified, { receivedAt, traceparent: request.traceparent });
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
    return { outcome: "unavailable", id, cause };
  }
}
