import type { Context } from "hono";
import type { z } from "zod";
import { requestBodyInvalid } from "../errors/refusals.ts";
import { parseParams } from "../instance/parse-params.ts";

/** Reads the JSON body as the parameters of an operation; no body counts as `{}`. Throws Clerk's 400 or 422. */
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
