/// <reference lib="esnext.disposable" />
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** A way over loopback to a server, that can be made bad: for the connections that are open and for those to come. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Resets every connection, and each new one. */
  cut(): void;
  /** Nothing comes through; connections stay open, and what was sent arrives once it is healed. */
  stall(): void;
  /** Every piece takes so long, each way. */
  slowDown(ms: number): void;
  heal(): void;
}

interface ProxyOptions {
  /** Asked for each connection: the port on 127.0.0.1 that it leads to, none when there is no server. */
  readonly target: () => number | undefined;
  /** Default: a free one. */
  readonly port?: number;
}

export async function openTcpProxy({ target, port = 0 }: ProxyOptions): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let lagMs = 0;
  let passing = Promise.withResolvers<void>();
  passing.resolve();

  async function* throttle(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      await passing.promise;
      if (lagMs > 0) await delay(lagMs);
      yield piece;
    }
  }
  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // The other end hears of it by the pipeline.
    socket.setNoDelay(true);
  };

  const server = createServer((near) => {
    track(near);
    const to = isCut ? undefined : target();
    if (to === undefined) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: "127.0.0.1", port: to });
    track(far);
    pipeline(near, throttle, far, () => near.destroy());
    pipeline(far, throttle, near, () => far.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  const heal = () => {
    isCut = false;
    lagMs = 0;
    passing.resolve();
  };
  return {
    port: portOf(server.address()),
    cut: () => {
      isCut = true;
      resetAll();
    },
    stall: () => {
      passing.resolve();
      passing = Promise.withResolvers();
    },
    slowDown: (ms) => {
      lagMs = ms;
    },
    heal,
    [Symbol.asyncDispose]: async () => {
      heal();
      server.close();
      resetAll();
      if (server.listening) await once(server, "close");
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return address.port;
}
