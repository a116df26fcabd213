import { z } from "zod";
import { wrapMethod } from "./wrap-method.ts";

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface OpenTransaction {
  readonly epoch: number;
  /** As `topic/partition`. The name of a topic contains no slash. */
  readonly joined: ReadonlySet<string>;
}

const requestSchema = z.looseObject({ transactionalId: z.string() });
const joinSchema = requestSchema.extend({
  producerEpoch: z.number(),
  topics: z.array(z.object({ topic: z.string(), partitions: z.array(z.number()) })),
});

/** By transactional id. A shard that this process takes again has the same id and another epoch. */
const spans = new Map<string, readonly TopicPartitions[]>();
const open = new Map<string, OpenTransaction>();

/**
 * Adds these partitions to every further transaction of this id, also where it writes nothing, so that a transaction ends in all of
 * them or in none. All partitions are named to Kafka in one request.
 *
 * Kafka 4.1 to 4.3 can end a transaction without its markers (KAFKA-20734). The records then hang until the next marker of the
 * same producer decides about them, so that marker must reach every partition (ADR 8).
 */
export function spanPartitions(transactionalId: string, partitions: readonly TopicPartitions[]): void {
  spans.set(transactionalId, partitions);
  wrapMethod(
    "broker",
    "addPartitionsToTxn",
    (join) =>
      async function (original) {
        const request = joinSchema.parse(original);
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
  wrapMethod(
    "broker",
    "endTxn",
    (end) =>
      async function (request) {
        open.delete(requestSchema.parse(request).transactionalId);
        return end.call(this, request);
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
