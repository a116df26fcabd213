import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import { accountDetailsFromJson, accountDetailsSchema, readAccount } from "../users/account-details.ts";
import type { ApiContext } from "../users/api-context.ts";

/** `GET /api/users/{userId}/details` */
export function addGetDetails(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "get",
    operationId: "getAccountDetails",
    path: "/api/users/{userId}/details",
    tags: ["Accounts"],
    summary: "Get a user with account details",
    description:
      "Needs `accounts:read`; users may read themselves. Adds all addresses, linked accounts, second factors and the account status. Not cached. Contains no metadata and no secrets.",
    security: bearer,
    middleware: [requires("accounts:read", { orSelf: "userId" })] as const,
    request: { query: noQuery, params: userIdParam },
    responses: {
      200: { description: "The account", content: { "application/json": { schema: accountDetailsSchema } } },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const account = await readAccount(context, c.req.valid("param").userId);
    return c.json(accountDetailsFromJson(account), 200);
  });
}
