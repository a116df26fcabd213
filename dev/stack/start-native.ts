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
  /** Absent where `given` named a server. */
  readonly redis?: RedisServer;
  readonly kafka?: KafkaServer;
  readonly stop: () => Promise<void>;
};

export type NativeOptions = {
  /** Keeps the data, and the usual ports where they are free. Without it everything is new, and gone at the end. */
  dir?: string | undefined;
  log: (line: string) => void;
};

/** Starts, as processes of this machine, those of Redis and Kafka that are not `given`. A failure leaves nothing behind. */
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
