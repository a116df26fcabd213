import { findFreePort } from "./free-port.ts";
import { makeClusterId } from "./format-kafka-data.ts";
import { startKafkaNode } from "./start-kafka-node.ts";
import type { TiedProcess } from "./spawn-tied.ts";

export type KafkaServer = TiedProcess & {
  readonly brokers: readonly string[];
  readonly port: number;
  /** Data and log; `startKafka` with this folder and port is the same broker again, with its data. */
  readonly dir: string;
};

export type KafkaOptions = {
  /** Made if it is not there. */
  dir: string;
  /** Default: a free one. */
  port?: number;
  /** Where clients are told to find it, as behind a proxy that leads to `port`; default `port`. */
  advertisedPort?: number;
  /** EnvelopeTimes when something takes long, as the first download. */
  log?: (line: string) => void;
};

/** Starts a single-node Kafka on 127.0.0.1; resolves once it answers with its broker. */
export async function startKafka({ dir, port: wanted, advertisedPort, log }: KafkaOptions): Promise<KafkaServer> {
  const port = wanted ?? (await findFreePort());
  const node = { id: 1, port, controllerPort: await findFreePort(), advertisedPort };
  const server = await startKafkaNode({ node, nodes: [node], clusterId: makeClusterId(), dir, log });
  return { brokers: [`127.0.0.1:${port}`], port, dir, ...server };
}
