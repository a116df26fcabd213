/// <reference lib="esnext.disposable" />
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import type { TiedProcess } from "../../../dev/stack/spawn-tied.ts";
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** A server behind a proxy. Each call ends with the server up again, at the same address and with its data. */
export interface FaultyServer extends AsyncDisposable {
  /** The way to it that the system under test takes. */
  readonly link: TcpProxy;
  /** The server's own port: for those who look on. */
  readonly port: number;
  restart(): Promise<void>;
  /** SIGKILL, and back after so long. */
  crash(downMs: number): Promise<void>;
  /** SIGSTOP for so long. */
  freeze(ms: number): Promise<void>;
}

interface Address {
  readonly port: number;
  /** The proxy's. */
  readonly advertisedPort: number;
}

export async function openFaultyServer(start: (address: Address) => Promise<TiedProcess>): Promise<FaultyServer> {
  await using resources = new AsyncDisposableStack();
  const port = await findFreePort();
  const link = resources.use(await openTcpProxy({ target: () => port, port: await findFreePort() }));
  const address = { port, advertisedPort: link.port };
  let running = await start(address);
  resources.defer(() => running.stop());
  const owned = resources.move();
  return {
    link,
    port,
    restart: async () => {
      await running.stop();
      running = await start(address);
    },
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
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
