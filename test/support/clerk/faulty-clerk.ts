/// <reference lib="esnext.disposable" />
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** A fault of a request to Clerk. */
export type Fault =
  /** Clerk never receives the request, and this is the response. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Clerk never receives the request, and no response arrives. */
  | { readonly kind: "hang" }
  /** Clerk never receives the request, and the connection breaks. */
  | { readonly kind: "cut" }
  /** Clerk executes the request, and the connection breaks before the response. */
  | { readonly kind: "lose_answer" };

export interface ClerkRequest {
  readonly method: string;
  /** Without `/v1`, with the query. */
  readonly path: string;
  readonly body: string;
  /** The header `Clerk-API-Version`. */
  readonly apiVersion: unknown;
}

type Decide = (request: ClerkRequest) => Fault | undefined | Promise<Fault | undefined>;

/** A proxy between a client and Clerk. Records requests and injects faults. */
export interface FaultyClerk extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ClerkRequest[];
  /** Sets the function that decides about the fault of each request from now on. `undefined` lets the request pass. */
  failWhen(decide: Decide): void;
  /** Runs `work` and returns the requests made in the meantime, as `GET /users`. */
  during<T>(work: () => Promise<T>): Promise<{ value: T; requests: string[] }>;
}

/** An error response in Clerk's format. */
export const clerkError = (status: number, code: string, paramName?: string): Fault => ({
  kind: "answer",
  status,
  body: JSON.stringify({ errors: [{ code, message: "raw", long_message: "raw", meta: { param_name: paramName } }] }),
});

export async function startFaultyClerk(clerkUrl: string): Promise<FaultyClerk> {
  const requests: ClerkRequest[] = [];
  let decide: Decide = () => undefined;
  const server = createServer((incoming, outgoing) => {
    relay(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const body = await buffer(incoming);
    const apiVersion = incoming.headers["clerk-api-version"];
    const request = { method, path: url.replace(/^\/v1/, ""), body: body.toString(), apiVersion };
    requests.push(request);
    const fault = await decide(request);
    if (fault?.kind === "answer") {
      outgoing.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      outgoing.end(fault.body ?? '{"errors":[]}');
      return;
    }
    if (fault?.kind === "hang") return;
    if (fault?.kind === "cut") return void outgoing.destroy();
    const { authorization = "", "content-type": type = "" } = incoming.headers;
    const response = await fetch(`${clerkUrl}${url}`, {
      method,
      headers: { authorization, "content-type": type },
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const responseBody = Buffer.from(await response.arrayBuffer());
    if (fault?.kind === "lose_answer") return void outgoing.destroy();
    const retryAfter = response.headers.get("retry-after");
    outgoing.writeHead(response.status, {
      "content-type": "application/json",
      ...(retryAfter === null ? {} : { "retry-after": retryAfter }),
    });
    outgoing.end(responseBody);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    failWhen: (next) => {
      decide = next;
    },
    during: async (work) => {
      const before = requests.length;
      const value = await work();
      return { value, requests: requests.slice(before).map(({ method, path }) => `${method} ${path.split("?")[0]}`) };
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
