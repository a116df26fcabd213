import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createRoute, z } from "@hono/zod-openapi";
import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { readUserPage } from "../../clerk/users/list-users.ts";
import { clientNetwork } from "../auth/client-ip.ts";
import { callerOf, requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { createAuditEntry } from "../http/create-audit-entry.ts";
import { consumeOrThrow } from "../http/rate-limit.ts";
import { bearer, errorResponses, noQuery } from "../http/responses.ts";
import { rejectionToApiError } from "../http/to-api-error.ts";
import { type AccountJson, accountJsonSchema, hasVerifiedEmail } from "../users/account-details.ts";
import type { ApiContext } from "../users/api-context.ts";
import { InvalidCredentialsError } from "../users/user-errors.ts";
import { apiUserFromJson, apiUserSchema } from "../users/user-schemas.ts";

/** `POST /api/auth/verify-password` */
export function addVerifyPassword(api: ApiApp, context: ApiContext): void {
  const { clerk, config, passwordLimits, denials, security, log, now } = context;
  const route = createRoute({
    method: "post",
    operationId: "verifyPassword",
    path: "/api/auth/verify-password",
    tags: ["Accounts"],
    summary: "Verify an email address and password",
    description:
      "Needs `accounts:verify`. Creates no session. Every failure (unknown or unverified address, missing or wrong password, banned or locked user) is the same 401 after the same time. Failures are limited per email address and caller, and per `clientIp`: a back end passes the address of the person who signs in, so that one person's failures do not lock out the others.",
    security: bearer,
    middleware: [requires("accounts:verify")] as const,
    request: {
      query: noQuery,
      body: {
        required: true,
        content: {
          "application/json": {
            schema: z.strictObject({
              email: z.email().max(254).openapi({ example: "ada@example.com" }),
              password: z
                .string()
                .min(1)
                .max(1_000)
                .openapi({ format: "password", example: "correct Horse 7 battery" }),
              clientIp: z
                .string()
                .refine((text) => isIP(text) !== 0, "Must be an IP address")
                .optional()
                .openapi({ description: "The address of the person who signs in", example: "203.0.113.7" }),
            }),
          },
        },
      },
    },
    responses: {
      200: { description: "The user", content: { "application/json": { schema: apiUserSchema } } },
      ...errorResponses(400, 413, 415, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { email, password, clientIp } = c.req.valid("json");
    const startedAt = now();
    const { kind, id } = callerOf(c);
    const consumed = [
      // Not the address of the request, which all clients of a back end share.
      ...(clientIp === undefined ? [] : [{ limit: passwordLimits.perIp, key: clientNetwork(clientIp) }]),
      { limit: passwordLimits.perEmail, key: hash(`${kind}:${id} ${email.toLowerCase()}`) },
    ];
    for (const { limit, key } of consumed) await consumeOrThrow(c, limit, key);
    const check = await checkPassword(clerk, email, password);
    if (check.outcome === "right") {
      await Promise.all([...consumed.map(({ limit, key }) => limit.refund(key)), security.count("password_accepted")]);
      return c.json(apiUserFromJson(check.account), 200);
    }
    const ip = clientIp ?? c.get("ip");
    log.warn(
      {
        event: "auth.login_failed",
        email,
        ip,
        userAgent: c.req.header("user-agent"),
        reason: check.outcome,
        requestId: c.get("requestId"),
      },
      "Failed login attempt",
    );
    const denial = createAuditEntry(c, now, {
      action: "auth.login_failed",
      outcome: "denied",
      reason: check.outcome,
      ...(check.userId !== undefined && { targetId: check.userId }),
    });
    await Promise.all([security.count("password_rejected"), denials.record({ ...denial, ip })]);
    await delay(Math.max(0, startedAt + config.passwordFailureMinMs - now()));
    throw new InvalidCredentialsError();
  });
}

/** Hashed, so that the keys in Redis do not reveal email addresses. */
const hash = (text: string) => createHash("sha256").update(text).digest("base64url");

type PasswordCheck =
  | { readonly outcome: "right"; readonly account: AccountJson }
  | {
      readonly outcome: "unknown_email" | "no_password" | "wrong_password" | "banned" | "locked";
      /** The account with this address, if there is one. */
      readonly userId: string | undefined;
    };

/** A well-formed id that no user has. */
const dummyUserId = `user_${"0".repeat(27)}`;

/**
 * Checks whether the password belongs to the user with this email address. Only a verified address counts, because a user
 * may have added another person's address. Makes the same calls of Clerk whatever the outcome, so that timing does not
 * reveal it. Throws the errors of {@link ClerkApi} while Clerk is unavailable.
 */
async function checkPassword(clerk: ClerkApi, email: string, password: string): Promise<PasswordCheck> {
  const account = await findByEmail(clerk, email);
  const comparison = await comparePassword(clerk, account?.id ?? dummyUserId, password);
  if (account === undefined) return { outcome: "unknown_email", userId: undefined };
  const userId = account.id;
  if (comparison !== "right") return { outcome: comparison, userId };
  if (account.banned) return { outcome: "banned", userId };
  if (account.locked) return { outcome: "locked", userId };
  return { outcome: "right", account };
}

async function findByEmail(clerk: ClerkApi, email: string): Promise<AccountJson | undefined> {
  const query = { emailAddress: [email], limit: 100 };
  const { users } = await readUserPage(clerk, query, { operation: "users.list", now: Date.now });
  return users.map((user) => accountJsonSchema.parse(user)).find((account) => hasVerifiedEmail(account, email));
}

/** A write rather than a read, because writes are not retried and Clerk may count the attempts. */
async function comparePassword(
  clerk: ClerkApi,
  userId: string,
  password: string,
): Promise<"right" | "no_password" | "wrong_password"> {
  try {
    await clerk.write("users.verify_password", ({ users }) => users.verifyPassword({ userId, password }));
    return "right";
  } catch (error) {
    if (!(error instanceof ClerkRequestError)) throw error;
    if (error.has("no_password_set")) return "no_password";
    if ([400, 404, 422].includes(error.status)) return "wrong_password";
    throw rejectionToApiError(error, new InvalidCredentialsError(error));
  }
}
