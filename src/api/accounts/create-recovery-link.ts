import { createRoute, z } from "@hono/zod-openapi";
import { requires, requiresFreshFactor } from "../auth/requires.ts";
import { bearer, errorResponses, userIdParam } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

const recoveryLinkSchema = z
  .object({
    url: z.url().openapi({
      description: "Opened once, it signs the user in",
      example: "https://example.accounts.dev/v1/tickets/accept?ticket=eyJ…",
    }),
    ticket: z
      .string()
      .openapi({ description: "The same for a front end of one's own (strategy `ticket`)", example: "eyJ…" }),
    expiresAt: z.iso.datetime(),
  })
  .openapi("RecoveryLink");

const route = createRoute({
  method: "post",
  path: "/api/users/{userId}/recovery-link",
  tags: ["Accounts"],
  summary: "Make a link that signs a user in once, who cannot sign in any other way",
  description:
    "Needs `accounts:recover`, and a fresh second factor where `REQUIRE_MFA_FOR` has `recovery`. Answered once and kept nowhere, so an `Idempotency-Key` does not repeat it. Hand it over only to the person himself: whoever has it is the user.",
  security: bearer,
  middleware: [requires("accounts:recover"), requiresFreshFactor("recovery")] as const,
  request: { params: userIdParam },
  responses: {
    201: {
      description: "The link",
      content: { "application/json": { schema: recoveryLinkSchema } },
    },
    ...errorResponses(400, 404, 502),
  },
});

export function addCreateRecoveryLink(api: ApiApp, context: ApiContext): void {
  const { recoveryLinkExpiresSeconds: expiresInSeconds } = context.config;
  api.openapi(route, async (c) => {
    const { userId } = c.req.valid("param");
    const { link } = await changeAccount(c, context, {
      action: "account.recovery_link_created",
      userId,
      run: async () => {
        const token = await context.clerk.write("sign_in_tokens.create", ({ signInTokens }) =>
          signInTokens.createSignInToken({ userId, expiresInSeconds }),
        );
        const expiresAt = new Date(token.createdAt + expiresInSeconds * 1_000).toISOString();
        return { id: token.id, link: { url: token.url, ticket: token.token, expiresAt } };
      },
      // The id is of use to nobody who cannot revoke it; the link itself must not be in the trail.
      describe: (_, { id, link: { expiresAt } }) => ({ after: { signInTokenId: id, expiresAt } }),
    });
    return c.json(link, 201);
  });
}
