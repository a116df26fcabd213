import { createRoute } from "@hono/zod-openapi";
import { requires, requiresFreshFactor } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

/** `POST /api/users/{userId}/reset-mfa` */
export function addResetMfa(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "post",
    operationId: "resetMfa",
    path: "/api/users/{userId}/reset-mfa",
    tags: ["Accounts"],
    summary: "Remove all second factors of a user",
    description:
      "Needs `accounts:manage`, and a fresh second factor if `REQUIRE_MFA_FOR` contains `mfa`. Removes the authenticator app, phone numbers and backup codes of a user who has lost them; the user can set up new ones.",
    security: bearer,
    middleware: [requires("accounts:manage"), requiresFreshFactor("mfa")] as const,
    request: { query: noQuery, params: userIdParam },
    responses: { 204: { description: "The user has no second factor" }, ...errorResponses(400, 404, 502) },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    // Clerk responds with the user's id only, so there is no snapshot to queue. No published field changes.
    await changeAccount(c, context, {
      action: "account.mfa_reset",
      userId,
      run: () => context.clerk.write("users.disable_mfa", ({ users }) => users.disableUserMFA(userId)),
      describe: ({ two_factor_enabled: twoFactorEnabled }) => ({
        before: { twoFactorEnabled },
        after: { twoFactorEnabled: false },
      }),
    });
    return c.body(null, 204);
  });
}
