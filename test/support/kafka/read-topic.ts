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

/** A read_committed consumer, independent of the bridge's code, that reads a topic from the beginning. */
export interface TopicFollower extends AsyncDisposable {
  /** The records received so far, in order of arrival. */
  readonly records: readonly TopicRecord[];
  /** Waits for all records that were committed before the call, and returns the records so far. */
  readToEnd(): Promise<readonly TopicRecord[]>;
}

export const createKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({
    clientId: "tests",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, maxRetryTime: 200, retries: 50 },
  });

/** Follows an existing topic. */
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
      // A read_committed consumer receives the markers only when every earlier transaction has ended.
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

/** Reads all records of a topic that are committed now. */
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
    // The marker has the format of the bridge's barriers, so every reader ignores it. One partition per call, because kafkajs
    // may drop part of a call to several brokers (docs/adr/0009-one-partition-a-call.md).
    for (const partition of partitions) {
      await producer.send({ topic, messages: [{ ...encodeBarrier(end), partition }] });
    }
    return partitions;
  } finally {
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  }
}
