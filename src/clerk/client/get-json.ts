import { ClerkAPIResponseError } from "@clerk/backend/errors";
import { z } from "zod";
import { ClerkUnreachableError } from "./clerk-errors.ts";
import type { ClerkConfig } from "./clerk-config.ts";

/** A value of the query. A list becomes a repeated parameter, and undefined is left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Reads a path of Clerk's Backend API, for example `/users`, and resolves with the JSON as Clerk sends it; with the text of a body that is no
 * JSON, such as a proxy's page. Throws the SDK's `ClerkAPIResponseError` for an error status, and a
 * {@link ClerkUnreachableError} without a whole response.
 *
 * The SDK turns each answer into its own classes, and one user that they cannot hold makes it reject a whole list. Its calls also need
 * exactly `application/json` as the content type.
 */
export type GetJson = (path: string, query?: Query) => Promise<unknown>;

/** The version of the Backend API that the SDK asks for. A test compares it with the SDK's. */
const apiVersion = "2026-05-12";

export function createGetJson({ apiUrl, secretKey }: Pick<ClerkConfig, "apiUrl" | "secretKey">): GetJson {
  const headers = { authorization: `Bearer ${secretKey}`, "clerk-api-version": apiVersion };
  return async (path, query = {}) => {
    const { response, text } = await get(`${apiUrl}/v1${path}${toSearch(query)}`, headers);
    const isJson = /json/i.test(response.headers.get("content-type") ?? "");
    const body = parseJson(text);
    if (!response.ok) throw toResponseError(response, body.value);
    if (isJson && !body.parsed) throw new ClerkUnreachableError("Clerk's response is truncated");
    return body.parsed ? body.value : text;
  };
}

async function get(url: string, headers: Record<string, string>): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, { headers });
    return { response, text: await response.text() };
  } catch (cause) {
    throw new ClerkUnreachableError("Clerk cannot be reached", { cause });
  }
}

/** With the question mark; empty for an empty query. */
function toSearch(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === "object" ? value : [String(value)]) search.append(name, one);
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}

function parseJson(text: string): { readonly parsed: boolean; readonly value?: unknown } {
  try {
    return { parsed: true, value: JSON.parse(text) };
  } catch {
    return { parsed: false };
  }
}

const errorsSchema = z
  .object({ errors: z.array(z.object({ code: z.string(), message: z.string().default("") })) })
  .transform(({ errors }) => errors);

function toResponseError(response: Response, body: unknown): ClerkAPIResponseError {
  const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new ClerkAPIResponseError(response.statusText, {
    status: response.status,
    data: errorsSchema.safeParse(body).data ?? [],
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
  });
}
