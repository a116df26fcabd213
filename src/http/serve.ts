import { Server as HttpServer, type ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import { serve as serveNode, type ServerType } from "@hono/node-server";
import type { Hono } from "hono";
import { StartUpError } from "../shared/errors.ts";

export interface ServeOptions {
  /** Undefined: all addresses of this machine, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** 0 selects a free port. */
  readonly port: number;
  /** The variable of the port, for errors. */
  readonly portVariable: string;
  /** Time that an idle connection stays open, in ms. Longer than that of a proxy in front, or a request can meet its end. */
  readonly keepAliveTimeoutMs: number;
}

export interface Served {
  readonly port: number;
  /** From now on every response closes its connection, so that clients move to other processes. New connections are still accepted. */
  drain(): void;
  /** Drains, accepts no new connections, answers the requests of the open ones and resolves when all are closed. */
  close(): Promise<void>;
}

/** An idle connection stays open for this time, because its client may be sending a request. The response then closes it. */
const lingerMs = 250;

/** Resolves once the server listens. Throws a {@link StartUpError} that names the variable of an address that cannot be used. */
export function serve(app: Hono, options: ServeOptions): Promise<Served> {
  const { host, port, keepAliveTimeoutMs } = options;
  return new Promise((resolve, reject) => {
    let draining = false;
    const responding = new Set<ServerResponse>();
    const server: ServerType = serveNode(
      { fetch: app.fetch, port, ...(host !== undefined && { hostname: host }) },
      (address: AddressInfo) => resolve({ port: address.port, drain, close: () => close(server, drain) }),
    );
    server.once("error", (error) => reject(explainListenError(error, options)));
    if (!(server instanceof HttpServer)) throw new Error("the server speaks HTTP/1.1");
    server.keepAliveTimeout = keepAliveTimeoutMs;
    server.prependListener("request", (_request, response) => {
      responding.add(response);
      response.once("close", () => responding.delete(response));
      if (draining) response.shouldKeepAlive = false;
    });
    function drain() {
      draining = true;
      for (const response of responding) response.shouldKeepAlive = false;
    }
  });
}

async function close(server: ServerType, drain: () => void): Promise<void> {
  drain();
  const closed = Promise.withResolvers<void>();
  // The close of an HTTP server also cuts the idle connections, and with them requests that are on their way.
  NetServer.prototype.close.call(server, (error?: Error) => (error ? closed.reject(error) : closed.resolve()));
  const timer = setInterval(() => {
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  }, lingerMs);
  await closed.promise.finally(() => clearInterval(timer));
}

function explainListenError(error: NodeJS.ErrnoException, { host, port, portVariable }: ServeOptions): Error {
  const { code = "" } = error;
  switch (code) {
    case "EADDRINUSE":
      return new StartUpError(`${portVariable}: another program listens on port ${port} (${code})`);
    case "EACCES":
      return new StartUpError(`${portVariable}: this user may not listen on port ${port} (${code})`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new StartUpError(`HOST: this machine has no address ${host} (${code})`);
    default:
      return error;
  }
}
