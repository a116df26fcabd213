import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { findFreePort } from "./free-port.ts";
import { formatKafkaData } from "./format-kafka-data.ts";
import { installKafka } from "./install-kafka.ts";
import { javaArguments } from "./java-arguments.ts";
import { writeKafkaProperties } from "./kafka-properties.ts";
import { reportFailedStart } from "./report-failed-start.ts";
import { spawnTied, type TiedProcess } from "./spawn-tied.ts";
import { waitFor } from "./wait-for.ts";

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
  /** Told when something takes long, as the first download. */
  log?: (line: string) => void;
};

/** Starts a single-node Kafka on 127.0.0.1; resolves once it answers with its broker. */
export async function startKafka({ dir, port, advertisedPort, log = () => {} }: KafkaOptions): Promise<KafkaServer> {
  const installation = await installKafka(log);
  const node = { id: 1, port: port ?? (await findFreePort()), controllerPort: await findFreePort(), advertisedPort };
  const dataDir = join(dir, "data");
  const propertiesFile = join(dir, "server.properties");
  const logFile = join(dir, "kafka.log");
  await mkdir(dir, { recursive: true });
  await writeFile(propertiesFile, writeKafkaProperties(node, [node], dataDir));
  const clusterId = await formatKafkaData(installation, propertiesFile, dataDir);

  // The first broker that is stopped in order leaves the archive that the later ones start from.
  const newArchive = existsSync(installation.classArchive) ? undefined : join(dir, "classes.jsa");
  const dump = newArchive ? [`-XX:ArchiveClassesAtExit=${newArchive}`] : [];
  const server = spawnTied("java", [...dump, ...javaArguments(installation), "kafka.Kafka", propertiesFile], {
    logFile,
  });
  const brokers = [`127.0.0.1:${node.port}`];
  try {
    await untilAnswers(brokers, clusterId, server);
  } catch (error) {
    await server.kill();
    throw await reportFailedStart("Kafka", logFile, error);
  }
  const stop = async () => {
    await server.stop();
    if (newArchive && existsSync(newArchive)) await rename(newArchive, installation.classArchive);
  };
  return { brokers, port: node.port, dir, ...server, stop };
}

async function untilAnswers(brokers: string[], clusterId: string, server: TiedProcess): Promise<void> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const answers = async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const cluster = await admin.describeCluster();
      // The cluster's id tells this server from another one that has the port.
      return cluster.clusterId === clusterId && cluster.brokers.length > 0;
    } finally {
      await admin.disconnect();
    }
  };
  const crashed = server.exited.then((reason) => Promise.reject(new Error(`It ended: ${reason}`)));
  const answered = waitFor("it answers", answers, { deadlineMs: 60_000, intervalMs: 25 });
  await Promise.race([answered, crashed]);
}
