import { z } from "zod";
import { wrapKafkajs } from "./wrap-kafkajs.ts";

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const requestSchema = z.looseObject({
  transactionalId: z.string(),
  topics: z.array(z.object({ topic: z.string(), partitions: z.array(z.number()) })),
});

/** One entry for each transactional id of this process; a shard that comes back has the same. */
const spans = new Map<string, readonly TopicPartitions[]>();

/**
 * From now on every transaction of this id takes part in these partitions, also where it writes nothing, so that it ends
 * in all of them or in none: a partition without a record of it gets its marker all the same, which no consumer sees.
 *
 * What it is for: Kafka 4.1 to 4.3 may end a transaction without writing its markers when a broker restarts after a crash
 * and its partitions have no leader for a moment (KAFKA-20734). What was written then hangs, and the next marker of the
 * same producer decides about it: if that one went to the states alone, an event could appear of which the states know
 * nothing. See docs/adr/0008-every-transaction-spans-both-partitions.md.
 */
export function spanPartitions(transactionalId: string, partitions: readonly TopicPartitions[]): void {
  spans.set(transactionalId, partitions);
  wrapKafkajs(
    "broker",
    "addPartitionsToTxn",
    (add) =>
      async function (asked) {
        const request = requestSchema.parse(asked);
        const spanned = spans.get(request.transactionalId) ?? [];
        return add.call(this, { ...request, topics: union(request.topics, spanned) });
      },
  );
}

function union(named: readonly TopicPartitions[], spanned: readonly TopicPartitions[]): TopicPartitions[] {
  const partitions = new Map<string, Set<number>>();
  for (const { topic, partitions: more } of [...named, ...spanned]) {
    partitions.set(topic, new Set([...(partitions.get(topic) ?? []), ...more]));
  }
  return [...partitions].map(([topic, numbers]) => ({ topic, partitions: [...numbers] }));
}
