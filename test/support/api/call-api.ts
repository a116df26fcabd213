import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Text is sent with its length, a list of texts in chunks without it. */
  readonly body?: string | readonly string[];
}

export interface Called {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as JSON; `{}` when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The body as it came. */
  readonly text: string;
}

/** Sends a request exactly as it is written (`GET /api/users/..`): unlike fetch it mends no path. */
export async function callApi(url: string, line: string, { token, headers, body }: CallOptions = {}): Promise<Called> {
  const [method = "GET", path = "/"] = line.split(" ");
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Called>();
  const sent = request({
    hostname,
    port,
    method,
    path,
    agent: false,
    timeout: 10_000,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(typeof body === "string" && { "content-length": String(Buffer.byteLength(body)) }),
      ...headers,
    },
  });
  sent.on("response", (answer) => {
    text(answer).then(
      (content) =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: readJson(content), text: content }),
      reject,
    );
  });
  sent.on("error", reject);
  sent.on("timeout", () => sent.destroy(new Error(`no answer to ${line}`)));
  for (const chunk of typeof body === "string" ? [body] : (body ?? [])) sent.write(chunk);
  sent.end();
  return promise;
}

function readJson(content: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
