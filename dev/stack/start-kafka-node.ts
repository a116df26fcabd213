import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { formatKafkaData } from "./format-kafka-data.ts";
import { installKafka } from "./install-kafka.ts";
import { javaArguments } from "./java-arguments.ts";
import { type KafkaNode, writeKafkaProperties } from "./kafka-properties.ts";
import { reportFailedStart } from "./report-failed-start.ts";
import { spawnTied, type TiedProcess } from "./spawn-tied.ts";
import { waitFor } from "./wait-for.ts";

export type KafkaNodeOptions = {
  node: KafkaNode;
  /** All of its cluster, itself too. */
  nodes: readonly KafkaNode[];
  /** For a new folder; data that is there already says itself which cluster it is of. */
  clusterId: string;
  /** Of this node alone: its data and log. Made if it is not there. */
  dir: string;
  /** EnvelopeTimes when something takes long, as the first download. */
  log?: ((line: string) => void) | undefined;
};

/**
 * Starts a node of a Kafka cluster on 127.0.0.1. A broker is there once it answers as one of its cluster, for which the
 * controllers must run or be starting; a mere controller is not waited for.
 */
export async function startKafkaNode(options: KafkaNodeOptions): Promise<TiedProcess> {
  const { node, nodes, dir, log = () => {} } = options;
  const installation = await installKafka(log);
  const dataDir = join(dir, "data");
  const propertiesFile = join(dir, "server.properties");
  const logFile = join(dir, "kafka.log");
  await mkdir(dir, { recursive: true });
  await writeFile(propertiesFile, writeKafkaProperties(node, nodes, dataDir));
  const clusterId = await formatKafkaData(installation, propertiesFile, dataDir, options.clusterId);

  // The first broker that is stopped in order leaves the archive that the later ones start from.
  const newArchive = existsSync(installation.classArchive) ? undefined : join(dir, "classes.jsa");
  const dump = newArchive ? [`-XX:ArchiveClassesAtExit=${newArchive}`] : [];
  const server = spawnTied("java", [...dump, ...javaArguments(installation), "kafka.Kafka", propertiesFile], {
    logFile,
  });
  try {
    if (node.port !== undefined) await untilAnswers(node.id, node.port, clusterId, server);
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

async function untilAnswers(nodeId: number, port: number, clusterId: string, server: TiedProcess): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const answers = async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const cluster = await admin.describeCluster();
      // The cluster's id tells this server from another one that has the port.
      return cluster.clusterId === clusterId && cluster.brokers.some((broker) => broker.nodeId === nodeId);
    } finally {
      await admin.disconnect();
    }
  };
  const crashed = server.exited.then((reason) => Promise.reject(new Error(`It ended: ${reason}`)));
  const answered = waitFor("it answers", answers, { deadlineMs: 60_000, intervalMs: 25 });
  await Promise.race([answered, crashed]);
}
