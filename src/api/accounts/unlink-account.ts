import { createRoute } from "@hono/zod-openapi";
import { getUser } from "../../clerk/users/read-user.ts";
import { revokeSessions } from "../../clerk/users/revoke-sessions.ts";
import { ApiError } from "../../http/api-error.ts";
import { assertMayChangeCredentials, ownSessionOf, requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, pathId, userIdParam } from "../http/responses.ts";
import type { AccountJson } from "../users/account-details.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";
import { queueSnapshot } from "../users/queue-snapshot.ts";

/** `DELETE /api/users/{userId}/external-accounts/{externalAccountId}` */
export function addUnlinkAccount(api: ApiApp, context: ApiContext): void {
  const { clerk, now } = context;
  const route = createRoute({
    method: "delete",
    operationId: "unlinkAccount",
    path: "/api/users/{userId}/external-accounts/{externalAccountId}",
    tags: ["Accounts"],
    summary: "Unlink a social account",
    description:
      "Needs `accounts:manage`; users may unlink their own, with a fresh factor. `externalAccounts` of the account details has the ids. It ends the user's other sessions. The last means of signing in cannot be removed (409 `last_identification`).",
    security: bearer,
    middleware: [requires("accounts:manage", { orSelf: "userId" })] as const,
    request: {
      query: noQuery,
      params: userIdParam.extend({ externalAccountId: pathId("externalAccountId", "eac_2abcDEF123") }),
    },
    responses: { 204: { description: "The account is unlinked" }, ...errorResponses(400, 404, 409, 502) },
  });
  api.openapi(route, async (c) => {
    const { userId, externalAccountId } = c.req.valid("param");
    await changeAccount(c, context, {
      action: "account.unlinked",
      userId,
      run: async (before) => {
        assertMayChangeCredentials(c, userId);
        const account = findAccount(before, externalAccountId);
        await clerk.write("external_accounts.delete", ({ users }) =>
          users.deleteUserExternalAccount({ userId, externalAccountId }),
        );
        await revokeSessions(clerk, userId, { except: ownSessionOf(c, userId) });
        // Clerk's answer has no user, and unlinking can remove an email address.
        const { raw, readAt } = await getUser(clerk, userId, now);
        await queueSnapshot(context, raw, "user.updated", { readAt });
        return account;
      },
      describe: (_, { id, provider }) => ({ before: { externalAccount: { id, provider } } }),
    });
    return c.body(null, 204);
  });
}

/** Throws 404: Clerk's own 404 does not say whether the user or the account is missing. */
function findAccount(account: AccountJson, id: string): AccountJson["external_accounts"][number] {
  const found = account.external_accounts.find((linked) => linked.id === id);
  if (found !== undefined) return found;
  throw new ApiError(404, "external_account_not_found", `Linked account with ID ${id} not found`);
}
