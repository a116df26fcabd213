import { existsSync } from "node:fs";
import type { KafkaInstallation } from "./install-kafka.ts";

/**
 * The arguments for running a class of Kafka. Measured on 2 cores: with only the first compiler tier the broker starts
 * faster and, because it mostly waits for the network, commits more transactions per second than with the full compiler
 * or G1.
 */
export function javaArguments({ classPath, classArchive }: KafkaInstallation): string[] {
  return [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    // An archive of another Java version is ignored.
    ...(existsSync(classArchive) ? [`-XX:SharedArchiveFile=${classArchive}`] : []),
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-cp",
    classPath,
  ];
}
