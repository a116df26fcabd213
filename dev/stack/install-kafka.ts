import { execa } from "execa";
import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { localFolder } from "./folders.ts";

const kafkaVersion = "4.3.1";
const kafkaFolder = join(localFolder, `kafka-${kafkaVersion}`);
const jarFolder = join(kafkaFolder, "libs");

export type KafkaInstallation = {
  /** For `java -cp`. */
  readonly classPath: string;
  /** Where the class archive is, or will be: with it the broker starts in half the time. */
  readonly classArchive: string;
};

/** Whether the broker's jars are here, so that Maven is not needed. */
export function isKafkaInstalled(): boolean {
  return existsSync(jarFolder);
}

/** Brings the broker's jars by Maven, unless they are here already. Any number of processes may do so at once. */
export async function installKafka(log: (line: string) => void): Promise<KafkaInstallation> {
  if (!isKafkaInstalled()) {
    log(`Getting Kafka ${kafkaVersion} with Maven …`);
    await copyJars();
  }
  const jars = (await readdir(jarFolder)).toSorted();
  return {
    classPath: jars.map((jar) => join(jarFolder, jar)).join(":"),
    classArchive: join(kafkaFolder, "classes.jsa"),
  };
}

async function copyJars(): Promise<void> {
  const partial = `${jarFolder}.${process.pid}`;
  await execa("mvn", [
    "--quiet",
    "--batch-mode",
    `--file=${join(import.meta.dirname, "pom.xml")}`,
    `-Dkafka.version=${kafkaVersion}`,
    "dependency:copy-dependencies",
    `-DoutputDirectory=${partial}`,
  ]);
  // The final name appears only once all jars are there; if another process was first, its copy serves as well.
  await rename(partial, jarFolder).catch(() => rm(partial, { recursive: true }));
}
