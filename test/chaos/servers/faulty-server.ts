/// <reference lib="esnext.disposable" />
import { cp, rename, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import type { TiedProcess } from "../../../dev/stack/spawn-tied.ts";
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** A server behind a proxy. After each call the server runs again, at the same address. */
export interface FaultyServer extends AsyncDisposable {
  /** The connection of the system under test to the server. */
  readonly link: TcpProxy;
  /** The server's own port, for the test. */
  readonly port: number;
  restart(): Promise<void>;
  /** SIGKILL; the server starts again after `downMs`. */
  crash(downMs: number): Promise<void>;
  /** SIGSTOP for `ms`. */
  freeze(ms: number): Promise<void>;
  /** Copies the server's data, runs it for `ms`, and brings it back to the copy. */
  restoreOlderCopy(ms: number): Promise<void>;
}

export interface ServerAddress {
  readonly port: number;
  /** The proxy's. */
  readonly advertisedPort: number;
}

/** `folder` holds the server's data. */
export async function openFaultyServer(
  folder: string,
  start: (address: ServerAddress) => Promise<TiedProcess>,
): Promise<FaultyServer> {
  await using resources = new AsyncDisposableStack();
  const port = await findFreePort();
  const link = resources.use(await openTcpProxy({ target: () => port, port: await findFreePort() }));
  const address = { port, advertisedPort: link.port };
  let running = await start(address);
  const restart = async (beforeStart: () => Promise<void> = async () => {}) => {
    await running.stop();
    await beforeStart();
    running = await start(address);
  };
  resources.defer(() => running.stop());
  const owned = resources.move();
  return {
    link,
    port,
    restart: () => restart(),
    crash: async (downMs) => {
      await running.kill();
      await delay(downMs);
      running = await start(address);
    },
    freeze: async (ms) => {
      process.kill(running.pid, "SIGSTOP");
      await delay(ms);
      process.kill(running.pid, "SIGCONT");
    },
    restoreOlderCopy: async (ms) => {
      const copy = `${folder}-copy`;
      await restart(() => cp(folder, copy, { recursive: true }));
      await delay(ms);
      await restart(async () => {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        await rename(copy, folder);
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
