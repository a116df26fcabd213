import type { Context } from "hono";
import type { z } from "zod";
import { requestBodyInvalid, unexpectedError } from "../errors/rejections.ts";
import { parseParams } from "../instance/parse-params.ts";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ClerkApiError } from "../errors/clerk-api-error.ts";

/** Reads the JSON body as the parameters of an operation. An empty body counts as `{}`. Throws Clerk's 400 or 422. */
export async function readBody<Params>(context: Context, schema: z.ZodType<Params>): Promise<Params> {
  return parseParams(schema, parseJson(await context.req.text()));
}

function parseJson(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw requestBodyInvalid();
  }
}

/**
 * Responds with JSON and the content type without a charset. With a charset, the SDK would return the text instead of the
 * object.
 */
export function respond(context: Context, body: unknown, status: ContentfulStatusCode = 200): Response {
  return context.body(JSON.stringify(body), status, { "content-type": "application/json" });
}

/** Responds to a rejected operation, or to one that failed because of a bug in the emulator (which is printed). */
export function respondError(context: Context, error: Error, traceId: string): Response {
  const rejection = error instanceof ClerkApiError ? error : unexpectedError();
  if (rejection !== error) console.error(error);
  if (rejection.retryAfterSeconds !== undefined) context.header("retry-after", String(rejection.retryAfterSeconds));
  const status = statuses.find((known) => known === rejection.status) ?? 500;
  return respond(context, { errors: rejection.items, clerk_trace_id: traceId }, status);
}

const statuses = [400, 401, 403, 404, 422, 429, 500] as const;
