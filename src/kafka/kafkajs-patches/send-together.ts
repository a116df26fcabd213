import type { RecordMetadata, TopicMessages, Transaction } from "kafkajs";
import { z } from "zod";
import { wrapMethod } from "./wrap-method.ts";

/** The partitions have different leaders. Nothing was written: the transaction may continue with one partition in each call. */
export class LeadersDifferError extends Error {
  override readonly name = "LeadersDifferError";
  /** kafkajs reads it and does not retry. */
  readonly retriable = false;
}

/** It is unknown what was written, so kafkajs must not retry. */
class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";
  readonly retriable = false;
}

const requestSchema = z.object({
  topicData: z.array(z.object({ partitions: z.array(z.object({ messages: z.array(z.custom<object>()) })) })),
});

/**
 * The number of partitions that a message's call writes to. The message is the key, because kafkajs may make a request long after
 * it has given up on the call.
 */
const partitionsOfCall = new WeakMap<object, number>();

/**
 * Writes to several partitions in one request that is made once. Throws {@link LeadersDifferError} when one request is not
 * possible. After any other error it is unknown what was written, and the transaction must not be committed.
 *
 * kafkajs's own `sendBatch` retries one broker's request while the others are in flight, which writes records twice or not at
 * all (ADR 9).
 */
export async function sendTogether(
  transaction: Pick<Transaction, "sendBatch">,
  writes: readonly TopicMessages[],
): Promise<RecordMetadata[]> {
  guardRequests();
  const topicMessages = writes.map(({ topic, messages }) => ({ topic, messages: messages.map((one) => ({ ...one })) }));
  const partitions = topicMessages.reduce((sum, write) => sum + countPartitions(write), 0);
  for (const { messages } of topicMessages) for (const message of messages) partitionsOfCall.set(message, partitions);
  return transaction.sendBatch({ topicMessages });
}

const guardRequests = (): void =>
  wrapMethod(
    "broker",
    "produce",
    (produce) =>
      async function (request) {
        const writes = requestSchema.parse(request).topicData.flatMap((topic) => topic.partitions);
        const message = writes[0]?.messages[0];
        const wanted = message && partitionsOfCall.get(message);
        if (wanted === undefined) return produce.call(this, request);
        if (writes.length < wanted) throw new LeadersDifferError("different brokers lead the partitions");
        try {
          return await produce.call(this, request);
        } catch (cause) {
          throw new UnknownOutcomeError("the one request for all partitions failed", { cause });
        }
      },
  );

const countPartitions = ({ messages }: TopicMessages) => new Set(messages.map(({ partition }) => partition)).size;
