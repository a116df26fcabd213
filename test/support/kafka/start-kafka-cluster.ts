/// <reference lib="esnext.disposable" />
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { makeClusterId } from "../../../dev/stack/format-kafka-data.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import type { TiedProcess } from "../../../dev/stack/spawn-tied.ts";
import { startKafkaNode } from "../../../dev/stack/start-kafka-node.ts";
import { createKafka } from "./read-topic.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** Several brokers and a separate controller, which keeps running whichever brokers stop. */
export interface KafkaCluster extends AsyncDisposable {
  /** The addresses of all brokers, including stopped ones. */
  readonly kafkaBrokers: readonly string[];
  /** Starting at 1. */
  readonly brokerIds: readonly number[];
  /** SIGKILL; resolves when the broker has exited. */
  kill(brokerId: number): Promise<void>;
  /** SIGTERM, on which a broker hands over its partitions; resolves when the broker has exited. */
  stop(brokerId: number): Promise<void>;
  /** Starts the broker again with its data; resolves when it answers. */
  start(brokerId: number): Promise<void>;
  /** The broker that coordinates the transactions of this id. */
  transactionCoordinator(transactionalId: string): Promise<number>;
  /** The broker that coordinates the consumer group. */
  groupCoordinator(groupId: string): Promise<number>;
  /** Waits until every partition of these topics and of the internal ones has all replicas in sync. */
  waitUntilInSync(topics: readonly string[]): Promise<void>;
}

const internalTopics = ["__transaction_state", "__consumer_offsets"] as const;

export async function startKafkaCluster(brokerIds: readonly number[] = [1, 2, 3]): Promise<KafkaCluster> {
  await using resources = new AsyncDisposableStack();
  const folder = await createFreshFolder();
  resources.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const clusterId = makeClusterId();
  const controller = { id: 100, controllerPort: await findFreePort() };
  const brokers = new Map<number, { id: number; port: number }>();
  for (const id of brokerIds) brokers.set(id, { id, port: await findFreePort() });
  const nodes = [controller, ...brokers.values()];
  const running = new Map<number, TiedProcess>();
  resources.defer(async () => void (await Promise.all([...running.values()].map((node) => node.kill()))));

  const startNode = async (node: (typeof nodes)[number]) => {
    const dir = join(folder, String(node.id));
    running.set(node.id, await startKafkaNode({ node, nodes, clusterId, dir }));
  };
  const processOf = (brokerId: number) => found(running.get(brokerId), `broker ${brokerId}`);
  await Promise.all(nodes.map(startNode));

  const kafkaBrokers = [...brokers.values()].map(({ port }) => `127.0.0.1:${port}`);
  const admin = createKafka(kafkaBrokers).admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  const partitionsOf = async (topics: readonly string[]) =>
    (await admin.fetchTopicMetadata({ topics: [...topics] })).topics.flatMap(({ partitions }) => partitions);
  // Kafka stores the data of an id in one partition of an internal topic. The leader of that partition is the coordinator.
  const coordinator = (topic: (typeof internalTopics)[number], id: string) =>
    waitFor(`${topic} has a leader for ${id}`, async () => {
      const partitions = await partitionsOf([topic]);
      const wanted = javaHash(id) % partitions.length;
      return partitions.find(({ partitionId, leader }) => partitionId === wanted && leader > 0)?.leader;
    });

  const owned = resources.move();
  return {
    kafkaBrokers,
    brokerIds,
    kill: (brokerId) => processOf(brokerId).kill(),
    stop: (brokerId) => processOf(brokerId).stop(),
    start: (brokerId) => startNode(found(brokers.get(brokerId), `broker ${brokerId}`)),
    transactionCoordinator: (transactionalId) => coordinator("__transaction_state", transactionalId),
    groupCoordinator: (groupId) => coordinator("__consumer_offsets", groupId),
    waitUntilInSync: async (topics) => {
      await waitFor(
        "all replicas are in sync",
        async () =>
          (await partitionsOf([...internalTopics, ...topics])).every(
            ({ isr, replicas }) => isr.length === replicas.length,
          ),
        { deadlineMs: 30_000, intervalMs: 50 },
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Java's `String.hashCode`, made positive as Kafka does. */
const javaHash = (text: string): number =>
  [...Buffer.from(text, "latin1")].reduce((hash, byte) => (Math.imul(31, hash) + byte) | 0, 0) & 0x7fffffff;

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`There is no ${what}`);
  return value;
}
