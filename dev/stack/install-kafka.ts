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
  /** The path of the class archive, which may not exist yet. With it the broker starts in half the time. */
  readonly classArchive: string;
};

/** Whether the broker's jars are installed, so that Maven is not needed. */
export function isKafkaInstalled(): boolean {
  return existsSync(jarFolder);
}

/** Downloads the broker's jars with Maven unless they are installed. Safe to call in several processes at once. */
export async function installKafka(log: (line: string) => void): Promise<KafkaInstallation> {
  if (!isKafkaInstalled()) {
    log(`Downloading Kafka ${kafkaVersion} with Maven …`);
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
  // The folder gets its final name when it is complete. If another process was faster, its copy is used.
  await rename(partial, jarFolder).catch(() => rm(partial, { recursive: true }));
}
