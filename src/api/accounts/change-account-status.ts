import type { ClerkClient, User as ClerkUser } from "@clerk/backend";
import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { queueSnapshot } from "../users/queue-snapshot.ts";
import type { ApiContext } from "../users/api-context.ts";
import {
  type AccountDetails,
  accountDetailsFromJson,
  accountDetailsSchema,
  accountJsonSchema,
} from "../users/account-details.ts";
import { changeAccount } from "../users/change-account.ts";

interface StatusChange {
  readonly verb: string;
  readonly action: string;
  readonly summary: string;
  readonly description: string;
  readonly change: (users: ClerkClient["users"], userId: string) => Promise<ClerkUser>;
}

const changes: readonly StatusChange[] = [
  {
    verb: "lock",
    action: "account.locked",
    summary: "Lock a user temporarily",
    description:
      "The user cannot sign in for the duration set in the Clerk instance, by default one hour. Existing sessions continue.",
    change: (users, userId) => users.lockUser(userId),
  },
  {
    verb: "unlock",
    action: "account.unlocked",
    summary: "Unlock a user",
    description: "Also unlocks a user whom Clerk locked after too many failed attempts.",
    change: (users, userId) => users.unlockUser(userId),
  },
  {
    verb: "ban",
    action: "account.banned",
    summary: "Ban a user",
    description: "The user cannot sign in until unbanned. Ends all sessions.",
    change: (users, userId) => users.banUser(userId),
  },
  {
    verb: "unban",
    action: "account.unbanned",
    summary: "Unban a user",
    description: "Sessions that the ban ended stay ended.",
    change: (users, userId) => users.unbanUser(userId),
  },
];

/** Lock, unlock, ban and unban: four variants of one route, each idempotent. */
export function addChangeAccountStatus(api: ApiApp, context: ApiContext): void {
  for (const change of changes) addChange(api, context, change);
}

function addChange(api: ApiApp, context: ApiContext, { verb, action, summary, description, change }: StatusChange) {
  const route = createRoute({
    method: "post",
    operationId: `${verb}User`,
    path: `/api/users/{userId}/${verb}`,
    tags: ["Accounts"],
    summary,
    description: `Needs \`accounts:manage\`. ${description}`,
    security: bearer,
    middleware: [requires("accounts:manage")] as const,
    request: { query: noQuery, params: userIdParam },
    responses: {
      200: {
        description: "The changed account",
        content: { "application/json": { schema: accountDetailsSchema } },
      },
      ...errorResponses(400, 404, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const details = await changeAccount(c, context, {
      action,
      userId,
      run: async () => {
        const user = await context.clerk.write(`users.${verb}`, ({ users }) => change(users, userId));
        await queueSnapshot(context, user.raw, "user.updated");
        return accountDetailsFromJson(accountJsonSchema.parse(user.raw));
      },
      describe: (before, after) => ({ before: statusOf(before), after: statusOf(after) }),
    });
    return c.json(details, 200);
  });
}

const statusOf = ({ banned, locked }: Pick<AccountDetails, "banned" | "locked">) => ({ banned, locked });
