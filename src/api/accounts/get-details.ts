import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import type { ApiContext } from "../users/api-context.ts";
import { accountDetailsFromJson, accountDetailsSchema } from "../users/account-details.ts";
import { readAccount } from "../users/account-details.ts";

const route = createRoute({
  method: "get",
  path: "/api/users/{userId}/details",
  tags: ["Accounts"],
  summary: "A user with his account: addresses, linked social accounts, second factors, standing",
  description: "Needs `accounts:read`, except for one's own. Read from Clerk each time; no metadata, nothing secret.",
  security: bearer,
  middleware: [requires("accounts:read", { orSelf: "userId" })] as const,
  request: { params: userIdParam },
  responses: {
    200: { description: "The account", content: { "application/json": { schema: accountDetailsSchema } } },
    ...errorResponses(400, 404, 502),
  },
});

export function addGetDetails(api: ApiApp, { clerk }: ApiContext): void {
  api.openapi(route, async (c) => {
    const account = await readAccount(clerk, c.req.valid("param").userId);
    return c.json(accountDetailsFromJson(account), 200);
  });
}
