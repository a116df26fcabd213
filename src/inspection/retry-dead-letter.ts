import type { OptionalField } from "@clerk-kafka-bridge/events";
import { type Message, messageSchema } from "../domain/message.ts";
import type { DeadLetter, DeadLetters } from "../queue/dead-letters.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { routeMessage } from "../webhooks/route-message.ts";
import { messageOfDeadLetter } from "../webhooks/verify-message.ts";

/** What a retry needs. */
export interface RetryContext {
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  readonly queues: Pick<MessageQueues, "requeue">;
  readonly shardOf: (userId: string) => number;
  readonly deadLetters: Pick<DeadLetters, "removeIfUnchanged">;
}

type Retried = { readonly outcome: "queued" } | { readonly outcome: "unreadable"; readonly reason: string };

/**
 * Queues the message first and deletes the dead letter afterwards. A crash in between leaves the dead letter, and retrying
 * it then is only a duplicate. The worker may store the message as a dead letter again before the deletion; that dead
 * letter stays. Throws what Redis throws.
 */
export async function retryDeadLetter(
  { eventFields, queues, shardOf, deadLetters }: RetryContext,
  deadLetter: DeadLetter,
): Promise<Retried> {
  const parsed = parseDeadLetter(deadLetter, eventFields);
  if (parsed.outcome === "unreadable") return parsed;
  await queues.requeue(shardOf(parsed.userId), parsed.message);
  await deadLetters.removeIfUnchanged(deadLetter);
  return { outcome: "queued" };
}

type ParsedDeadLetter =
  | { readonly outcome: "parsed"; readonly userId: string; readonly message: Message }
  | { readonly outcome: "unreadable"; readonly reason: string };

const unreadable = (reason: string): ParsedDeadLetter => ({ outcome: "unreadable", reason });

function parseDeadLetter(deadLetter: DeadLetter, eventFields: readonly OptionalField[]): ParsedDeadLetter {
  return deadLetter.stage === "received"
    ? parseWebhook({ ...deadLetter, stage: deadLetter.stage }, eventFields)
    : parseQueuedMessage(deadLetter.body);
}

function parseWebhook(
  deadLetter: DeadLetter & { readonly stage: "received" },
  eventFields: readonly OptionalField[],
): ParsedDeadLetter {
  const reception = { receivedAt: deadLetter.at, traceparent: undefined, eventFields };
  const route = routeMessage(messageOfDeadLetter(deadLetter), reception);
  switch (route.outcome) {
    case "bridged":
      return { outcome: "parsed", userId: route.userId, message: route.message };
    case "session":
      return unreadable("it is about a session, which the bridge only counts");
    case "ignored":
      return unreadable(`the bridge does not process ${route.type}`);
    case "unreadable":
      return unreadable(route.reason);
  }
}

function parseQueuedMessage(body: string): ParsedDeadLetter {
  const parsed = messageSchema.safeParse(JSON.parse(body));
  if (!parsed.success) return unreadable("not a message of the bridge");
  const userId = parsed.data.data["id"];
  return typeof userId === "string" ? { outcome: "parsed", userId, message: parsed.data } : unreadable("no user id");
}
