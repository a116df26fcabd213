import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** A string is sent with Content-Length, a list of strings in chunks without it. */
  readonly body?: string | readonly string[];
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body parsed as JSON; `{}` for any other body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The unparsed body. */
  readonly text: string;
}

/** Sends the request line (`GET /api/users/..`) unchanged. `fetch` would normalize the path. */
export async function callApi(
  url: string,
  line: string,
  { token, headers, body }: CallOptions = {},
): Promise<ApiResponse> {
  const [method = "GET", path = "/"] = line.split(" ");
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<ApiResponse>();
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
  sent.on("response", (response) => {
    text(response).then(
      (content) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: readJson(content),
          text: content,
        }),
      reject,
    );
  });
  sent.on("error", reject);
  sent.on("timeout", () => sent.destroy(new Error(`no response to ${line}`)));
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
