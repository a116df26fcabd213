/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { encodeBarrier } from "../../../src/kafka/records/records.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A consumer that owes nothing to the bridge: read_committed, a group of its own, from the beginning. */
export interface TopicFollower extends AsyncDisposable {
  /** What has come so far, in the order of its coming. */
  readonly records: readonly TopicRecord[];
  /** Everything that was committed before the call. */
  readToEnd(): Promise<readonly TopicRecord[]>;
}

export const createKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({
    clientId: "tests",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, maxRetryTime: 200, retries: 50 },
  });

/** Follows a topic that exists. */
export async function followTopic(brokers: readonly string[], topic: string): Promise<TopicFollower> {
  const kafka = createKafka(brokers);
  const consumer = kafka.consumer({
    groupId: `tests-${randomUUID()}`,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 50,
  });
  const records: TopicRecord[] = [];
  const markers = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, to]) => [name, String(to)]));
      const key = String(message.key);
      if ("bridge_barrier" in headers) markers.add(`${headers["bridge_barrier"]}/${partition}`);
      else {
        const value = message.value?.toString() ?? null;
        records.push({ partition, offset: BigInt(message.offset), key, value, headers });
      }
    },
  });
  return {
    records,
    readToEnd: async () => {
      // A read_committed consumer gets these only when no transaction before them is open any more.
      const end = randomUUID();
      const partitions = await markEnd(kafka, topic, end);
      await waitFor(
        `${topic} is read to its end`,
        () => partitions.every((partition) => markers.has(`${end}/${partition}`)),
        { deadlineMs: 30_000 },
      );
      return records;
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}

/** Reads all that is committed in a topic now. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<readonly TopicRecord[]> {
  await using follower = await followTopic(brokers, topic);
  return await follower.readToEnd();
}

async function markEnd(kafka: Kafka, topic: string, end: string): Promise<number[]> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const admin = kafka.admin();
  try {
    await Promise.all([producer.connect(), admin.connect()]);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.flatMap((found) => found.partitions.map(({ partitionId }) => partitionId));
    // As the bridge marks its own place in the state topic: no record of a user, and no worker minds it.
    // One partition a call: of a call to several brokers kafkajs may leave out some (docs/adr/0009-one-partition-a-call.md).
    for (const partition of partitions) {
      await producer.send({ topic, messages: [{ ...encodeBarrier(end), partition }] });
    }
    return partitions;
  } finally {
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  }
}
