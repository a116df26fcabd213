/// <reference lib="esnext.disposable" />
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What may go wrong with a request to Clerk. */
export type Fault =
  /** Clerk never sees it, and this is the answer. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Clerk never sees it, and no answer comes. */
  | { readonly kind: "hang" }
  /** Clerk never sees it: the connection breaks. */
  | { readonly kind: "cut" }
  /** Clerk does it, and the connection breaks before the answer. */
  | { readonly kind: "lose_answer" };

export interface ClerkRequest {
  readonly method: string;
  /** Without `/v1`, with the query. */
  readonly path: string;
  readonly body: string;
}

type Decide = (request: ClerkRequest) => Fault | undefined | Promise<Fault | undefined>;

/** Stands between a client and a Clerk, counts what passes and lets go wrong what a test wants to. */
export interface FaultyClerk extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ClerkRequest[];
  /** Asked for each request from now on, which waits for the answer; none: the request passes. */
  failWhen(decide: Decide): void;
  /** What passed or failed meanwhile, as `GET /users`. */
  during<T>(work: () => Promise<T>): Promise<{ value: T; requests: string[] }>;
}

/** An error as Clerk writes it. */
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
    const request = { method, path: url.replace(/^\/v1/, ""), body: body.toString() };
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
    const answer = await fetch(`${clerkUrl}${url}`, {
      method,
      headers: { authorization, "content-type": type },
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const answered = Buffer.from(await answer.arrayBuffer());
    if (fault?.kind === "lose_answer") return void outgoing.destroy();
    const retryAfter = answer.headers.get("retry-after");
    outgoing.writeHead(answer.status, {
      "content-type": "application/json",
      ...(retryAfter === null ? {} : { "retry-after": retryAfter }),
    });
    outgoing.end(answered);
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
