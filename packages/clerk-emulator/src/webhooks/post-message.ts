import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { AttemptResult } from "./webhook-endpoint.ts";

/** Posts to endpoints over a limited number of keep-alive connections. */
export interface Poster {
  post(url: string, headers: Record<string, string>, body: string): Promise<AttemptResult>;
  /** Closes every connection. Running posts resolve as failed. */
  close(): void;
}

/** A post never rejects: a failure is part of the result. Redirects are not followed. */
export function createPoster(maxConnections: number, timeoutMs: number): Poster {
  const http = new HttpAgent({ keepAlive: true, maxSockets: maxConnections });
  const https = new HttpsAgent({ keepAlive: true, maxSockets: maxConnections });
  return {
    post: (url, headers, body) =>
      new Promise((resolve) => {
        const secure = url.startsWith("https:");
        const options = { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } };
        const outgoing = secure
          ? requestHttps(url, { ...options, agent: https })
          : requestHttp(url, { ...options, agent: http });
        const deadline = setTimeout(() => outgoing.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
        const finish = (result: AttemptResult): void => {
          clearTimeout(deadline);
          resolve(result);
        };
        outgoing.on("error", (error) => finish({ kind: "failed", reason: error.message }));
        outgoing.on("response", (response) => {
          const control = response.headers["webhook-delivery"];
          // The connection is free for the next message only when the response has been read to its end.
          response.resume();
          response.on("error", (error) => finish({ kind: "failed", reason: error.message }));
          response.on("end", () =>
            finish({
              kind: "answered",
              status: response.statusCode ?? 0,
              control: typeof control === "string" ? control : null,
            }),
          );
        });
        outgoing.end(body);
      }),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}
