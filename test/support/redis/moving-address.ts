/// <reference lib="esnext.disposable" />
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** An address behind which the server changes, as a DNS name or a proxy in front of a failover. Present connections stay. */
export interface MovingAddress extends AsyncDisposable {
  readonly port: number;
  /** New connections lead to this port. */
  moveTo(port: number): void;
  /** Nothing passes on the present connections any more, and none of them is closed. */
  silence(): void;
}

export async function openMovingAddress(firstTarget: number): Promise<MovingAddress> {
  let target = firstTarget;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: target });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the address has no port");
  return {
    port: address.port,
    moveTo: (port) => void (target = port),
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
