import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";

export interface RunningServer {
  /** Without a trailing slash. */
  readonly url: string;
  /** Stops listening and closes every connection, including idle ones. */
  close(): Promise<void>;
}

/** Serves until closed. Rejects when the port is in use. */
export function serveApp(app: Hono, hostname: string, port: number): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, (address) => {
      resolve({ url: `http://${hostname}:${address.port}`, close: () => closeServer(server) });
    });
    server.once("error", reject);
  });
}

function closeServer(server: ReturnType<typeof serve>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    if (isHttp1(server)) server.closeAllConnections();
  });
}

function isHttp1(server: ReturnType<typeof serve>): server is Server {
  return "closeAllConnections" in server;
}
