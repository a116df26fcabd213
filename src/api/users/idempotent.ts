import { z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import { invalidInput } from "../http/create-router.ts";
import type { Claim, IdempotencyRecords, IdempotentRequest, KeptAnswer } from "./idempotency-records.ts";

const key = z.string().regex(/^[!-~]{1,255}$/, "Must be 1 to 255 printable characters without blanks");

/** `headers` of a route with {@link idempotent}. */
export const idempotencyKeyHeader = z.object({
  "idempotency-key": key.optional().openapi({
    description:
      "A repeat with the same key and body within a day gets the first answer and `Idempotency-Replayed: true`, and does nothing. With another body it is 422, while the first runs 409. An answer of 500 or more is not kept: the repeat runs.",
    example: "8e03978e-40d5-43e8-bc93-6894a57f9324",
  }),
});

/**
 * A route's middleware, after `requires`: does a request with an `Idempotency-Key` once. The key counts for one caller (or,
 * without a token, one address) and one operation. Without the header it does nothing. When Redis is away it answers 503:
 * better not done than done twice. It is no lock: when the process dies in the middle, nobody knows what was done, and after
 * five minutes a repeat runs.
 */
export const idempotent =
  (records: IdempotencyRecords): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const header = c.req.header("idempotency-key");
    if (header === undefined) return next();
    const parsed = key.safeParse(header);
    if (!parsed.success)
      throw invalidInput([{ path: ["idempotency-key"], message: parsed.error.issues[0]?.message ?? "" }]);
    const request = await requestOf(c, parsed.data);
    const claim = await claimOf(records, request);
    switch (claim.outcome) {
      case "contradicted":
        throw new ApiError(422, "idempotency_key_reused", "The idempotency key came with another body before");
      case "running":
        throw new ApiError(409, "request_in_progress", "The first request with this idempotency key is still running", {
          headers: { "retry-after": "1" },
        });
      case "answered":
        return new Response(claim.answer.body, {
          status: claim.answer.status,
          headers: { ...claim.answer.headers, "idempotency-replayed": "true" },
        });
      case "claimed":
        await next();
        await settle(c, records, request);
    }
  };

async function requestOf(c: Context<ApiEnv>, idempotencyKey: string): Promise<IdempotentRequest> {
  const caller = c.get("caller");
  return {
    caller: caller === undefined ? `anonymous:${c.get("ip")}` : `${caller.kind}:${caller.id}`,
    operation: `${c.req.method} ${c.req.path}`,
    key: idempotencyKey,
    body: await c.req.text(),
  };
}

async function claimOf(records: IdempotencyRecords, request: IdempotentRequest): Promise<Claim> {
  try {
    return await records.claim(request);
  } catch (cause) {
    throw new ApiError(503, "idempotency_unavailable", "Idempotency keys cannot be kept at the moment", {
      headers: { "retry-after": "5" },
      cause,
    });
  }
}

const keptHeaders = ["content-type", "location"];
/** Says something of the caller or the moment, not of what was done. */
const isKept = (status: number) => status < 500 && ![401, 403, 429].includes(status);

/** What was done is done: should Redis be away now, the answer goes out all the same, and the claim ends by itself. */
async function settle(c: Context<ApiEnv>, records: IdempotencyRecords, request: IdempotentRequest): Promise<void> {
  const { res } = c;
  try {
    if (!isKept(res.status)) return await records.release(request);
    const headers = keptHeaders.flatMap((name): [string, string][] => {
      const value = res.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const answer: KeptAnswer = {
      status: res.status,
      headers: Object.fromEntries(headers),
      body: await res.clone().text(),
    };
    await records.keep(request, answer);
  } catch {
    // Said above.
  }
}
