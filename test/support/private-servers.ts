import { rm } from "node:fs/promises";
import { createFreshFolder } from "../../dev/stack/folders.ts";
import { findFreePort } from "../../dev/stack/free-port.ts";
import { type KafkaOptions, type KafkaServer, startKafka } from "../../dev/stack/start-kafka.ts";
import { type RedisServer, startRedis } from "../../dev/stack/start-redis.ts";

/** A server that a test can kill and restart at the same address and with its data. */
export interface PrivateServer<Server> extends AsyncDisposable {
  readonly port: number;
  /** Starts the server, also again after a kill. */
  start(): Promise<Server>;
}

/** A private Redis. It does not run before `start`. Disposing of it stops the server and removes its data. */
export const reserveRedis = (): Promise<PrivateServer<RedisServer>> => reserve(startRedis);

/** A private Kafka, used like {@link reserveRedis}. */
export const reserveKafka = (
  special: Pick<KafkaOptions, "guardedListeners" | "properties" | "formatArguments"> = {},
): Promise<PrivateServer<KafkaServer>> => reserve((options) => startKafka({ ...options, ...special }));

async function reserve<Server extends { stop: () => Promise<void> }>(
  startServer: (options: { dir: string; port: number }) => Promise<Server>,
): Promise<PrivateServer<Server>> {
  await using resources = new AsyncDisposableStack();
  const dir = await createFreshFolder();
  resources.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const port = await findFreePort();
  const owned = resources.move();
  return {
    port,
    start: async () => {
      const server = await startServer({ dir, port });
      owned.defer(() => server.stop());
      return server;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
