import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createRoute, z } from "@hono/zod-openapi";
import { consumeOrThrow } from "../http/rate-limit.ts";
import { clientNetwork } from "../auth/client-ip.ts";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { apiUserFromJson, apiUserSchema } from "../users/api-user.ts";
import { InvalidCredentialsError } from "../users/user-errors.ts";
import type { ApiContext } from "../users/api-context.ts";
import { checkPassword } from "./check-password.ts";

const route = createRoute({
  method: "post",
  path: "/api/auth/verify-password",
  tags: ["Accounts"],
  summary: "Whose are this e-mail address and this password?",
  description:
    "Needs `accounts:verify`. Makes no session. Whatever is wrong (no such address, one that is not verified, no password, another password, a banned or locked user), the answer is the same 401 and takes as long. Failures are limited for each e-mail address and for each caller's address.",
  security: bearer,
  middleware: [requires("accounts:verify")] as const,
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.object({
            email: z.email().max(254).openapi({ example: "ada@example.com" }),
            password: z.string().min(1).max(1_000).openapi({ format: "password", example: "correct Horse 7 battery" }),
          }),
        },
      },
    },
  },
  responses: {
    200: { description: "The user", content: { "application/json": { schema: apiUserSchema } } },
    ...errorResponses(400, 413, 502),
  },
});

export function addVerifyPassword(api: ApiApp, context: ApiContext): void {
  const { passwordLimits, security, log, now } = context;
  api.openapi(route, async (c) => {
    const { email, password } = c.req.valid("json");
    const startedAt = now();
    const ip = c.get("ip");
    const taken = [
      { limit: passwordLimits.perIp, key: clientNetwork(ip) },
      { limit: passwordLimits.perEmail, key: hash(email) },
    ];
    for (const { limit, key } of taken) await consumeOrThrow(c, limit, key);
    const check = await checkPassword(context.clerk, email, password);
    if (check.outcome === "right") {
      await Promise.all(taken.map(({ limit, key }) => limit.refund(key)));
      return c.json(apiUserFromJson(check.account), 200);
    }
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
    await security.count("password_rejected");
    await delay(Math.max(0, startedAt + context.config.passwordFailureMinMs - now()));
    throw new InvalidCredentialsError();
  });
}

/** So that nobody can read from Redis's keys who tried to sign in. */
const hash = (email: string) => createHash("sha256").update(email.toLowerCase()).digest("base64url");
