import { findFreePort } from "./free-port.ts";
import { makeClusterId } from "./format-kafka-data.ts";
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
  /** Receives a message before a long step, such as the first download. */
  log?: (line: string) => void;
};

/** Starts a single-node Kafka on 127.0.0.1. Resolves when its broker answers. */
export async function startKafka({ dir, port: wanted, advertisedPort, log }: KafkaOptions): Promise<KafkaServer> {
  const port = wanted ?? (await findFreePort());
  const node = { id: 1, port, controllerPort: await findFreePort(), advertisedPort };
  const server = await startKafkaNode({ node, nodes: [node], clusterId: makeClusterId(), dir, log });
  return { brokers: [`127.0.0.1:${port}`], port, dir, ...server };
}
