import { z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import { invalidInput } from "../http/create-router.ts";
import type { Claim, IdempotencyRecords, IdempotentRequest, StoredResponse } from "./idempotency-records.ts";

const key = z.string().regex(/^[!-~]{1,255}$/, "Must be 1 to 255 printable ASCII characters without spaces");

/** The `headers` schema of a route with {@link idempotent}. */
export const idempotencyKeyHeader = z.object({
  "idempotency-key": key.optional().openapi({
    description:
      "Executes a request once: repeating it with the same key and body within one day returns the first response with `Idempotency-Replayed: true`. A different body is 422; a repeat while the first request runs is 409. Responses of 500 or more are not stored.",
    example: "8e03978e-40d5-43e8-bc93-6894a57f9324",
  }),
});

/**
 * Middleware of a route, after `requires`: executes a request with an `Idempotency-Key` once. The key belongs to one caller
 * (without a token: one IP address) and one operation. Requests without the header pass through. While Redis is
 * unavailable, the response is 503, because a rejected request is better than a repeated one. If the process dies during the
 * request, its effect is unknown, and a repeat is executed after five minutes.
 */
export const idempotent =
  (records: IdempotencyRecords): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const header = c.req.header("idempotency-key");
    if (header === undefined) return next();
    const parsed = key.safeParse(header);
    if (!parsed.success)
      throw invalidInput([{ path: ["idempotency-key"], message: parsed.error.issues[0]?.message ?? "" }]);
    const request = await toRequest(c, parsed.data);
    const claim = await claimOrThrow(records, request);
    switch (claim.outcome) {
      case "body_mismatch":
        throw new ApiError(422, "idempotency_key_reused", "The idempotency key was used with a different body");
      case "running":
        throw new ApiError(409, "request_in_progress", "The first request with this idempotency key is still running", {
          headers: { "retry-after": "1" },
        });
      case "completed":
        return new Response(claim.response.body, {
          status: claim.response.status,
          headers: { ...claim.response.headers, "idempotency-replayed": "true" },
        });
      case "claimed":
        await next();
        await settle(c, records, request);
    }
  };

async function toRequest(c: Context<ApiEnv>, idempotencyKey: string): Promise<IdempotentRequest> {
  const caller = c.get("caller");
  return {
    caller: caller === undefined ? `anonymous:${c.get("ip")}` : `${caller.kind}:${caller.id}`,
    operation: `${c.req.method} ${c.req.path}`,
    key: idempotencyKey,
    body: await c.req.text(),
  };
}

async function claimOrThrow(records: IdempotencyRecords, request: IdempotentRequest): Promise<Claim> {
  try {
    return await records.claim(request);
  } catch (cause) {
    throw new ApiError(503, "idempotency_unavailable", "Idempotency keys are unavailable at the moment", {
      headers: { "retry-after": "5" },
      cause,
    });
  }
}

const storedHeaders = ["content-type", "location"];
/** The other statuses describe the caller or the moment, not the result of the request. */
const isStored = (status: number) => status < 500 && ![401, 403, 429].includes(status);

/** Stores the response. Ignores an unavailable Redis: the request was executed, and the claim expires. */
async function settle(c: Context<ApiEnv>, records: IdempotencyRecords, request: IdempotentRequest): Promise<void> {
  const { res } = c;
  try {
    if (!isStored(res.status)) return await records.release(request);
    const headers = storedHeaders.flatMap((name): [string, string][] => {
      const value = res.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const response: StoredResponse = {
      status: res.status,
      headers: Object.fromEntries(headers),
      body: await res.clone().text(),
    };
    await records.store(request, response);
  } catch {
    // See above.
  }
}
