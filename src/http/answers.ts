import { z } from "@hono/zod-openapi";

/** The body of every error, as `errors.ts` writes it. */
const errorSchema = z
  .object({
    error: z.string().openapi({ description: "For people" }),
    code: z.string().openapi({ description: "Stable" }),
    requestId: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Error");

const descriptions = {
  400: "The input is invalid; `details` says where",
  401: "A token is missing, or the credentials are wrong",
  403: "The token is invalid, or does not permit this",
  404: "No such thing",
  409: "Conflicts with what is there",
  413: "The body is too large",
  422: "Contradicts an earlier request",
  429: "Too many requests; `Retry-After` says when to come back",
  500: "A bug; nothing is told but the request's id",
  502: "Clerk failed",
  503: "Something behind the API is unavailable; `Retry-After` says when to come back",
} as const;
type ErrorStatus = keyof typeof descriptions;

/** What any route may answer before its handler has its turn, or when it fails. */
const always = [401, 403, 429, 500, 503] as const satisfies readonly ErrorStatus[];

const errorAnswer = (status: ErrorStatus) => ({
  description: descriptions[status],
  content: { "application/json": { schema: errorSchema } },
});
type ErrorAnswers<S extends ErrorStatus> = { [Status in S]: ReturnType<typeof errorAnswer> };

/** The `responses` of a route that are errors: those given, and those that every route has (401, 403, 429, 500, 503). */
export function errorAnswers<S extends ErrorStatus = never>(
  ...statuses: S[]
): ErrorAnswers<S | (typeof always)[number]>;
export function errorAnswers(...statuses: ErrorStatus[]): Partial<ErrorAnswers<ErrorStatus>> {
  return Object.fromEntries([...always, ...statuses].map((status) => [status, errorAnswer(status)]));
}

/** `security` of a route: a Clerk session token or a service token as bearer. */
export const bearer: Record<string, string[]>[] = [{ bearer: [] }];

/** An id as Clerk makes them. Whatever could mean something else in a path is refused before Clerk is asked. */
export const userIdSchema = z
  .string()
  .regex(/^\w[\w-]{0,127}$/, "Not an id")
  .openapi({ example: "user_2abcDEF123" });

/** `params` of a route below `/api/users/{userId}`. */
export const userIdParam = z.object({
  userId: userIdSchema.openapi({ param: { name: "userId", in: "path" } }),
});
