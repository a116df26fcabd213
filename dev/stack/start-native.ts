/// <reference lib="esnext.disposable" />
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { GivenServers } from "./find-given-servers.ts";
import { createFreshFolder } from "./folders.ts";
import { findFreePort } from "./free-port.ts";
import { installPrerequisites } from "./install-prerequisites.ts";
import { startKafka, type KafkaServer } from "./start-kafka.ts";
import { startRedis, type RedisServer } from "./start-redis.ts";

export type NativeServers = {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** Absent if `given` names a server. */
  readonly redis?: RedisServer;
  readonly kafka?: KafkaServer;
  readonly stop: () => Promise<void>;
};

export type NativeOptions = {
  /** Keeps the data in this folder, and uses the standard ports if they are free. Without it, all data is temporary. */
  dir?: string | undefined;
  log: (line: string) => void;
};

/** Starts Redis and Kafka as local processes unless they are `given`. After a failure nothing keeps running. */
export async function startNative(given: GivenServers, { dir, log }: NativeOptions): Promise<NativeServers> {
  await installPrerequisites({ redis: !given.redisUrl, kafka: !given.kafkaBrokers }, log);
  await using started = new AsyncDisposableStack();
  const folder = dir ?? (await createFreshFolder());
  if (!dir) started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

  const ownRedis = async () => {
    const port = await findFreePort(dir ? [6379] : []);
    const redis = await startRedis({ dir: join(folder, "redis"), port });
    started.defer(redis.stop);
    return { redisUrl: redis.url, redis };
  };
  const ownKafka = async () => {
    const port = await findFreePort(dir ? [9092] : []);
    const kafka = await startKafka({ dir: join(folder, "kafka"), port, log });
    started.defer(kafka.stop);
    return { kafkaBrokers: kafka.brokers, kafka };
  };
  const redis = given.redisUrl ? { redisUrl: given.redisUrl } : await ownRedis();
  const kafka = given.kafkaBrokers ? { kafkaBrokers: given.kafkaBrokers } : await ownKafka();

  const owned = started.move();
  return { ...redis, ...kafka, stop: () => owned.disposeAsync() };
}
