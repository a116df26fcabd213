import type { AddressInfo } from "node:net";
import { type ServerType, serve as serveNode } from "@hono/node-server";
import type { Hono } from "hono";

export interface Served {
  readonly port: number;
  /** Answers the requests in flight, accepts no new ones and resolves when all connections are closed. */
  close(): Promise<void>;
}

/** Resolves once the server listens. Port 0 selects a free port. Throws what `listen` throws, for example for a port in use. */
export function serve(app: Hono, { host, port }: { host: string; port: number }): Promise<Served> {
  return new Promise((resolve, reject) => {
    const server: ServerType = serveNode({ fetch: app.fetch, hostname: host, port }, (address: AddressInfo) =>
      resolve({ port: address.port, close: () => close(server) }),
    );
    server.once("error", reject);
  });
}

const close = (server: ServerType): Promise<void> =>
  new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
