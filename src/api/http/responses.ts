import { z } from "@hono/zod-openapi";
import { errorCodes } from "../../http/api-error.ts";

/** The body of every error, as `errors.ts` writes it. */
const errorSchema = z
  .object({
    error: z.string().openapi({ description: "For people" }),
    code: z.enum(errorCodes).openapi({ description: "Stable" }),
    requestId: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Error");

/** What each status means, and the error that one meets most often with it. */
const errors = {
  400: ["The input is invalid; `details` says where", "invalid_input", "Invalid input"],
  401: ["A token is missing, or the credentials are wrong", "access_token_required", "Access token required"],
  403: ["The token is invalid, or does not permit this", "permission_missing", "Admin access required"],
  404: ["No such thing", "user_not_found", "User with ID user_2abcDEF123 not found"],
  409: ["Conflicts with what is there", "user_already_exists", "User with email ada@example.com already exists"],
  413: ["The body is too large", "payload_too_large", "The body is larger than 256 KiB"],
  415: ["The body is not JSON", "unsupported_media_type", "A JSON body (application/json) is required"],
  422: [
    "Contradicts an earlier request",
    "idempotency_key_reused",
    "The idempotency key was used with a different body",
  ],
  429: ["Too many requests; `Retry-After` says when to come back", "rate_limited", "Too many requests"],
  500: ["A bug; nothing is told but the request's id", "internal_error", "Internal error"],
  502: ["Clerk failed", "clerk_failed", "Clerk failed to answer"],
  503: [
    "Something behind the API is unavailable; `Retry-After` says when to come back",
    "clerk_unavailable",
    "Clerk is unavailable",
  ],
} as const;
type ErrorStatus = keyof typeof errors;

/** What any route may answer before its handler has its turn, or when it fails. */
const always = [401, 403, 429, 500, 503] as const satisfies readonly ErrorStatus[];

const retryAfter = { "Retry-After": { description: "Seconds", schema: { type: "integer" as const, minimum: 1 } } };

function errorResponse(status: ErrorStatus) {
  const [description, code, error] = errors[status];
  const details = status === 400 ? { details: [{ path: "emailAddress.0", message: "Invalid email address" }] } : {};
  const example = { error, code, requestId: "0fc77a4c-e952-49e8-835e-13aa00a0d21f", ...details };
  return {
    description,
    ...((status === 429 || status === 503) && { headers: retryAfter }),
    content: { "application/json": { schema: errorSchema, example } },
  };
}
type ErrorResponses<S extends ErrorStatus> = { [Status in S]: ReturnType<typeof errorResponse> };

/** The `responses` of a route that are errors: those given, and those that every route has (401, 403, 429, 500, 503). */
export function errorResponses<S extends ErrorStatus = never>(
  ...statuses: S[]
): ErrorResponses<S | (typeof always)[number]>;
export function errorResponses(...statuses: ErrorStatus[]): Partial<ErrorResponses<ErrorStatus>> {
  return Object.fromEntries([...always, ...statuses].map((status) => [status, errorResponse(status)]));
}

/** `security` of a route: a Clerk session token or a service token as bearer. */
export const bearer: Record<string, string[]>[] = [{ bearer: [] }];

/** `query` of a route without parameters: an unknown one is refused, as an unknown field is. */
export const noQuery = z.strictObject({});

/** An id as Clerk makes them. Whatever could mean something else in a path is refused before Clerk is asked. */
export const userIdSchema = z
  .string()
  .regex(/^\w[\w-]{0,127}$/, "Not an id")
  .openapi({ example: "user_2abcDEF123" });

/** An id in the path. */
export const pathId = (name: string, example: string) => userIdSchema.openapi({ param: { name, in: "path" }, example });

/** `params` of a route below `/api/users/{userId}`. */
export const userIdParam = z.object({ userId: pathId("userId", "user_2abcDEF123") });
