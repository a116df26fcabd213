import type { RecordMetadata, TopicMessages, Transaction } from "kafkajs";
import { z } from "zod";
import { wrapKafkajs } from "./wrap-kafkajs.ts";

/** Not one broker leads all partitions. Nothing was written: the transaction may go on, one partition a call. */
export class LeadersDifferError extends Error {
  override readonly name = "LeadersDifferError";
  /** Read by kafkajs, which then does not try again. */
  readonly retriable = false;
}

/** kafkajs must not try again: it is not known what was written. */
class UnsureError extends Error {
  override readonly name = "UnsureError";
  readonly retriable = false;
}

const requestSchema = z.object({
  topicData: z.array(z.object({ partitions: z.array(z.object({ messages: z.array(z.custom<object>()) })) })),
});

/**
 * To how many partitions the call writes that a message is of. By the message itself, not by what is under way: kafkajs
 * may make a request of a call long after it has given up on that call.
 */
const partitionsOfCall = new WeakMap<object, number>();

/**
 * Writes to several partitions in one request. Throws {@link LeadersDifferError} when that cannot be, and anything else
 * when it is not known what was written: the transaction must not be committed then.
 *
 * kafkajs's `sendBatch` makes a request for each broker that leads one of the partitions, and when one of these fails it
 * tries again beside the others: records are written twice, or not at all (docs/adr/0009-one-partition-a-call.md). So here
 * a call is one request with everything in it, made once, or none.
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
  wrapKafkajs(
    "broker",
    "produce",
    (produce) =>
      async function (asked) {
        const writes = requestSchema.parse(asked).topicData.flatMap((topic) => topic.partitions);
        const message = writes[0]?.messages[0];
        const wanted = message && partitionsOfCall.get(message);
        if (wanted === undefined) return produce.call(this, asked);
        if (writes.length < wanted) throw new LeadersDifferError("other brokers lead the other partitions");
        try {
          return await produce.call(this, asked);
        } catch (cause) {
          throw new UnsureError("the one request for all partitions failed", { cause });
        }
      },
  );

const countPartitions = ({ messages }: TopicMessages) => new Set(messages.map(({ partition }) => partition)).size;
