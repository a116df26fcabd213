import type { ClerkClient, User as ClerkUser } from "@clerk/backend";
import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
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

interface StandingChange {
  readonly verb: string;
  readonly action: string;
  readonly summary: string;
  readonly description: string;
  readonly change: (users: ClerkClient["users"], userId: string) => Promise<ClerkUser>;
}

const changes: readonly StandingChange[] = [
  {
    verb: "lock",
    action: "account.locked",
    summary: "Keep a user from signing in for a while",
    description: "For as long as the Clerk instance says, an hour by default. Sessions go on.",
    change: (users, userId) => users.lockUser(userId),
  },
  {
    verb: "unlock",
    action: "account.unlocked",
    summary: "Let a locked user sign in again",
    description: "Also one whom Clerk locked after too many failed attempts.",
    change: (users, userId) => users.unlockUser(userId),
  },
  {
    verb: "ban",
    action: "account.banned",
    summary: "Keep a user from signing in until unbanned",
    description: "Ends all of the user's sessions.",
    change: (users, userId) => users.banUser(userId),
  },
  {
    verb: "unban",
    action: "account.unbanned",
    summary: "Let a banned user sign in again",
    description: "The sessions that the ban ended stay ended.",
    change: (users, userId) => users.unbanUser(userId),
  },
];

/** Lock, unlock, ban, unban: four names of one operation. Repeating one changes nothing more. */
export function addChangeAccountStatus(api: ApiApp, context: ApiContext): void {
  for (const change of changes) addChange(api, context, change);
}

function addChange(api: ApiApp, context: ApiContext, { verb, action, summary, description, change }: StandingChange) {
  const route = createRoute({
    method: "post",
    path: `/api/users/{userId}/${verb}`,
    tags: ["Accounts"],
    summary,
    description: `Needs \`accounts:manage\`. ${description}`,
    security: bearer,
    middleware: [requires("accounts:manage")] as const,
    request: { params: userIdParam },
    responses: {
      200: {
        description: "The account as it is now",
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
      describe: (before, after) => ({ before: standingOf(before), after: standingOf(after) }),
    });
    return c.json(details, 200);
  });
}

const standingOf = ({ banned, locked }: Pick<AccountDetails, "banned" | "locked">) => ({ banned, locked });
