import { existsSync } from "node:fs";
import type { KafkaInstallation } from "./install-kafka.ts";

/**
 * The flags for running a class of Kafka's. Measured on 2 cores: stopping at the first compiler tier starts faster and,
 * as the broker mostly waits for the network, also commits more transactions a second than the full compiler or G1.
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
