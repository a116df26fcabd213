import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { formatKafkaData } from "./format-kafka-data.ts";
import { installKafka } from "./install-kafka.ts";
import { javaArguments } from "./java-arguments.ts";
import { type KafkaNode, type KafkaProperties, writeKafkaProperties } from "./kafka-properties.ts";
import { reportFailedStart } from "./report-failed-start.ts";
import { spawnTied, type TiedProcess } from "./spawn-tied.ts";
import { waitFor } from "./wait-for.ts";

export type KafkaNodeOptions = {
  node: KafkaNode;
  /** All nodes of its cluster, including itself. */
  nodes: readonly KafkaNode[];
  /** The cluster's id for a new folder. Existing data contains its own id. */
  clusterId: string;
  /** Server properties that replace the usual ones. */
  properties?: KafkaProperties | undefined;
  /** Further arguments of `kafka-storage format`. */
  formatArguments?: readonly string[] | undefined;
  /** The folder for this node's data and log. Created if missing. */
  dir: string;
  /** Receives a message before a long step, such as the first download. */
  log?: ((line: string) => void) | undefined;
};

/**
 * Starts a node of a Kafka cluster on 127.0.0.1. Resolves when a broker answers as a member of its cluster, for which the
 * controllers must be running or starting. Does not wait for a node that is only a controller.
 */
export async function startKafkaNode(options: KafkaNodeOptions): Promise<TiedProcess> {
  const { node, nodes, dir, log = () => {} } = options;
  const installation = await installKafka(log);
  const dataDir = join(dir, "data");
  const propertiesFile = join(dir, "server.properties");
  const logFile = join(dir, "kafka.log");
  await mkdir(dir, { recursive: true });
  await writeFile(propertiesFile, writeKafkaProperties(node, nodes, dataDir, options.properties));
  const clusterId = await formatKafkaData({
    installation,
    propertiesFile,
    dataDir,
    clusterId: options.clusterId,
    more: options.formatArguments ?? [],
  });

  // The first broker that stops cleanly writes the archive from which later ones start.
  const newArchive = existsSync(installation.classArchive) ? undefined : join(dir, "classes.jsa");
  const dump = newArchive ? [`-XX:ArchiveClassesAtExit=${newArchive}`] : [];
  const server = spawnTied("java", [...dump, ...javaArguments(installation), "kafka.Kafka", propertiesFile], {
    logFile,
  });
  try {
    if (node.port !== undefined) await waitUntilAnswering(node.id, node.port, clusterId, server);
  } catch (error) {
    await server.kill();
    throw await reportFailedStart("Kafka", logFile, error);
  }
  const stop = async () => {
    await server.stop();
    if (newArchive && existsSync(newArchive)) await rename(newArchive, installation.classArchive);
  };
  return { ...server, stop };
}

async function waitUntilAnswering(nodeId: number, port: number, clusterId: string, server: TiedProcess): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const answers = async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const cluster = await admin.describeCluster();
      // The cluster's id distinguishes this server from another one on the same port.
      return cluster.clusterId === clusterId && cluster.brokers.some((broker) => broker.nodeId === nodeId);
    } finally {
      await admin.disconnect();
    }
  };
  const crashed = server.exited.then((reason) => Promise.reject(new Error(`The process ended: ${reason}`)));
  const answered = waitFor("Kafka answers", answers, { deadlineMs: 60_000, intervalMs: 25 });
  await Promise.race([answered, crashed]);
}
