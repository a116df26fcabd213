import type { AddressInfo } from "node:net";
import { type ServerType, serve as serveNode } from "@hono/node-server";
import type { Hono } from "hono";

export interface Served {
  readonly port: number;
  /** Answers what is under way, accepts nothing new, and resolves when all connections are closed. */
  close(): Promise<void>;
}

/** Listens; resolves once it does. Port 0 takes a free one. Throws what `listen` throws (a port in use, say). */
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
