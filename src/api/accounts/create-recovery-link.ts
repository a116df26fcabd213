import { createRoute, z } from "@hono/zod-openapi";
import { requires, requiresFreshFactor } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses, noQuery, userIdParam } from "../http/responses.ts";
import type { ApiContext } from "../users/api-context.ts";
import { changeAccount } from "../users/change-account.ts";

const recoveryLinkSchema = z
  .object({
    url: z.url().openapi({
      description: "Opening it once signs the user in",
      example: "https://example.accounts.dev/v1/tickets/accept?ticket=eyJhbGciOi",
    }),
    ticket: z.string().openapi({
      description: "The same for a custom sign-in page (Clerk's strategy `ticket`)",
      example: "eyJhbGciOi",
    }),
    expiresAt: z.iso.datetime(),
  })
  .openapi("RecoveryLink");

/** `POST /api/users/{userId}/recovery-link` */
export function addCreateRecoveryLink(api: ApiApp, context: ApiContext): void {
  const { recoveryLinkExpiresSeconds: expiresInSeconds } = context.config;
  const route = createRoute({
    method: "post",
    operationId: "createRecoveryLink",
    path: "/api/users/{userId}/recovery-link",
    tags: ["Accounts"],
    summary: "Create a one-time sign-in link",
    description:
      "Needs `accounts:recover`, and a fresh second factor if `REQUIRE_MFA_FOR` contains `recovery`. For a user who cannot sign in any other way. The link is returned once and stored nowhere. Give it only to the user in person: it grants full access to the account.",
    security: bearer,
    middleware: [requires("accounts:recover"), requiresFreshFactor("recovery")] as const,
    request: { query: noQuery, params: userIdParam },
    responses: {
      201: {
        description: "The link",
        content: { "application/json": { schema: recoveryLinkSchema } },
      },
      ...errorResponses(400, 404, 502),
    },
  });
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
      // The audit trail must not contain the link itself. The id only serves to revoke the token.
      describe: (_, { id, link: { expiresAt } }) => ({ after: { signInTokenId: id, expiresAt } }),
    });
    return c.json(link, 201);
  });
}
