import type { Context } from "hono";
import { z } from "zod";
import { readUserPage } from "../../clerk/users/list-users.ts";
import { isClerkOutage } from "../../clerk/client/clerk-errors.ts";
import { inspectUser } from "../../inspection/inspect-user.ts";
import { type Published, publishMissed } from "../../inspection/publish-missed.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { auditAction, type ConsoleApp, forbidden, mayAct } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { searchForm, userPage, type UserPageOptions } from "./pages/user-page.ts";
import { renderPage } from "./render-page.ts";

const querySchema = z.object({ query: z.string().trim().min(1).max(500) });
const foundSchema = z.array(z.looseObject({ id: z.string() }));
const current = "/console/user";

/** The search by id or address, and what is known of one user. */
export function addUserPages(app: ConsoleApp, context: ConsoleContext): void {
  const show = async (c: Context<ApiEnv>, userId: string, options: Omit<UserPageOptions, "mayAct">) => {
    const inspection = await inspectUser(context.user, userId);
    return renderPage(c, { title: "User", current, body: userPage(c, inspection, { ...options, mayAct: mayAct(c) }) });
  };

  app.get("/console/user", (c) => renderPage(c, { title: "User", current, body: searchForm(c) }));
  app.post("/console/user", async (c) => {
    const parsed = querySchema.safeParse(await c.req.parseBody());
    const failed = (message: string) => renderPage(c, { title: "User", current, body: searchForm(c, message) });
    if (!parsed.success) return failed("Enter an id or an email address of at most 500 characters.");
    const { query } = parsed.data;
    if (!query.includes("@")) return c.redirect(`/console/users/${encodeURIComponent(query)}`, 303);
    try {
      const found = await readUserPage(
        context.clerk,
        { emailAddress: [query], limit: 1 },
        { operation: "users.find", now: context.now },
      );
      const [user] = foundSchema.parse(found.users);
      return user === undefined
        ? failed("Clerk has no user with this email address.")
        : c.redirect(`/console/users/${encodeURIComponent(user.id)}`, 303);
    } catch (error) {
      if (!isClerkOutage(error)) throw error;
      return failed("Clerk is unavailable, so that only ids can be found.");
    }
  });
  app.get("/console/users/:userId", (c) => show(c, c.req.param("userId"), { revealed: false }));
  app.post("/console/users/:userId/reveal", async (c) => {
    const targetId = c.req.param("userId");
    await auditAction(c, context, { action: "console.personal_data_shown", outcome: "done", targetId });
    return show(c, targetId, { revealed: true });
  });
  app.post("/console/users/:userId/publish", async (c) => {
    if (!mayAct(c)) return forbidden(c, "Your role does not have console:write.");
    const targetId = c.req.param("userId");
    const published = await publishMissed(context, await inspectUser(context.user, targetId));
    await auditAction(c, context, {
      action: "console.user_published",
      outcome: published.outcome === "queued" ? "done" : "failed",
      targetId,
      after: { ...published },
    });
    return show(c, targetId, { revealed: false, notice: noticeOf(published) });
  });
}

const noticeOf = (published: Published): string =>
  published.outcome === "queued"
    ? `Queued Clerk's ${published.what}; a worker publishes it within moments.`
    : `Nothing was queued: ${published.reason}.`;
