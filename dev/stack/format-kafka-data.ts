import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { javaArguments } from "./java-arguments.ts";
import type { KafkaInstallation } from "./install-kafka.ts";

/** Formats an empty data folder for a cluster with this id, or keeps existing data. Returns the id of its cluster. */
export async function formatKafkaData({
  installation,
  propertiesFile,
  dataDir,
  clusterId,
  more,
}: {
  installation: KafkaInstallation;
  propertiesFile: string;
  dataDir: string;
  clusterId: string;
  /** Further arguments of `kafka-storage format`. */
  more: readonly string[];
}): Promise<string> {
  const existing = await readClusterId(dataDir);
  if (existing) return existing;
  const format = ["format", "--cluster-id", clusterId, "--config", propertiesFile, ...more];
  await execa("java", [...javaArguments(installation), "kafka.tools.StorageTool", ...format]);
  return clusterId;
}

/** A new id in Kafka's UUID format, which must not begin with a hyphen. */
export const makeClusterId = (): string => `K${randomBytes(16).toString("base64url").slice(1)}`;

async function readClusterId(dataDir: string): Promise<string | undefined> {
  const properties = await readFile(join(dataDir, "meta.properties"), "utf8").catch(() => "");
  return /^cluster\.id=(.+)$/m.exec(properties)?.[1];
}
