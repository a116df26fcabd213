import { z } from "zod";
import { wrapKafkajs } from "./wrap-kafkajs.ts";

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface OpenTransaction {
  readonly epoch: number;
  /** As `topic/partition`; a topic's name holds no slash. */
  readonly joined: ReadonlySet<string>;
}

const requestSchema = z.looseObject({ transactionalId: z.string() });
const joinSchema = requestSchema.extend({
  producerEpoch: z.number(),
  topics: z.array(z.object({ topic: z.string(), partitions: z.array(z.number()) })),
});

/** By transactional id. A shard that this process takes again has the same one, in another epoch. */
const spans = new Map<string, readonly TopicPartitions[]>();
const open = new Map<string, OpenTransaction>();

/**
 * From now on every transaction of this id takes part in these partitions, also where it writes nothing, so that it ends
 * in all of them or in none: a partition without a record of it gets its marker all the same, which no consumer sees.
 * All are named to Kafka at once; kafkajs would make a round trip for each partition that a further call writes to.
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
    (join) =>
      async function (asked) {
        const request = joinSchema.parse(asked);
        const { transactionalId: id, producerEpoch: epoch } = request;
        const known = open.get(id);
        const joined = known?.epoch === epoch ? known.joined : new Set<string>();
        const wanted = namesOf([...(spans.get(id) ?? []), ...request.topics]);
        const missing = [...wanted].filter((name) => !joined.has(name));
        if (missing.length === 0) return;
        await join.call(this, { ...request, topics: byTopic(missing) });
        open.set(id, { epoch, joined: new Set([...joined, ...missing]) });
      },
  );
  wrapKafkajs(
    "broker",
    "endTxn",
    (end) =>
      async function (asked) {
        open.delete(requestSchema.parse(asked).transactionalId);
        return end.call(this, asked);
      },
  );
}

const namesOf = (topics: readonly TopicPartitions[]): Set<string> =>
  new Set(topics.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`)));

function byTopic(names: readonly string[]): TopicPartitions[] {
  const split = names.map((name) => name.split("/", 2));
  return [...Map.groupBy(split, ([topic = ""]) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(([, partition]) => Number(partition)),
  }));
}
