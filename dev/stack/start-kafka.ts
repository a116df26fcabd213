import { findFreePort } from "./free-port.ts";
import { makeClusterId } from "./format-kafka-data.ts";
import type { GuardedListener, KafkaProperties } from "./kafka-properties.ts";
import { startKafkaNode } from "./start-kafka-node.ts";
import type { TiedProcess } from "./spawn-tied.ts";

export type KafkaServer = TiedProcess & {
  readonly brokers: readonly string[];
  readonly port: number;
  /** The folder for data and log. `startKafka` with this folder and port restarts the same broker with its data. */
  readonly dir: string;
};

export type KafkaOptions = {
  /** Created if missing. */
  dir: string;
  /** Default: a free port. */
  port?: number;
  /** The port that clients are told to use, for example that of a proxy to `port`. Default: `port`. */
  advertisedPort?: number;
  /** Listeners with authentication or encryption, beside the plain one. */
  guardedListeners?: readonly GuardedListener[];
  /** Server properties that replace the usual ones. */
  properties?: KafkaProperties;
  /** Further arguments of `kafka-storage format`, for example for users. */
  formatArguments?: readonly string[];
  /** Receives a message before a long step, such as the first download. */
  log?: (line: string) => void;
};

/** Starts a single-node Kafka on 127.0.0.1. Resolves when its broker answers. */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const { dir, port: wanted, advertisedPort, guardedListeners, properties, formatArguments, log } = options;
  const port = wanted ?? (await findFreePort());
  const node = { id: 1, port, controllerPort: await findFreePort(), advertisedPort, guardedListeners };
  const clusterId = makeClusterId();
  const server = await startKafkaNode({ node, nodes: [node], clusterId, dir, properties, formatArguments, log });
  return { brokers: [`127.0.0.1:${port}`], port, dir, ...server };
}
