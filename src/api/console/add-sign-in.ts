import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import { z } from "zod";
import { clientNetwork } from "../auth/client-ip.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { auditAction, type ConsoleApp, forbidden, hasFormToken } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { type Html, renderPage, sessionCookie } from "./render-page.ts";

/** The form for a token. It is posted, so that the token never gets into a URL. */
const signInPage = (message = ""): Html => html`
  <form method="post" action="/console/sign-in" class="search">
    <label for="bearer">Clerk session token or service token, of a role with <code>console:read</code></label>
    <input id="bearer" name="bearer" type="password" required maxlength="8192" autocomplete="off" />
    <button>Sign in</button>
  </form>
  ${message === "" ? "" : html`<p role="alert" class="bad">${message}</p>`}
`;

const signInSchema = z.object({ bearer: z.string().trim().min(1) });

/** Signing in with a token, and out. The token becomes a session, and is not kept. */
export function addSignIn(app: ConsoleApp, context: ConsoleContext): void {
  const { sessions, verify, badTokens, isAdminAddress, trustedProxies } = context;
  const page = (c: Context<ApiEnv>, status: 200 | 400 | 403 | 429 | 503, message?: string) =>
    renderPage(c, { title: "Sign in", body: signInPage(message), status });
  const refuse = async (c: Context<ApiEnv>, status: 403, reason: string, message: string) => {
    await auditAction(c, context, { action: "console.sign_in_denied", outcome: "denied", reason });
    return page(c, status, message);
  };

  app.get("/console/sign-in", (c) => (c.get("caller") === undefined ? page(c, 200) : c.redirect("/console", 303)));
  app.post("/console/sign-in", async (c) => {
    if (!isSameOrigin(c)) return forbidden(c, "The form comes from another site.");
    const parsed = signInSchema.safeParse(await c.req.parseBody());
    if (!parsed.success) return page(c, 400, "Enter a token.");
    const verified = await verify(parsed.data.bearer.replace(/^Bearer +/i, ""));
    switch (verified.outcome) {
      case "unavailable":
        return page(c, 503, "Clerk's keys are unavailable. Try again later, or use a service token.");
      case "rejected": {
        const { allowed } = await badTokens.consume(clientNetwork(c.get("ip")));
        if (!allowed) return page(c, 429, "Too many wrong tokens from your address. Try again in a minute.");
        return refuse(
          c,
          403,
          "invalid_token",
          "This token is not valid. A Clerk session token lives for a minute only.",
        );
      }
      case "verified":
        break;
    }
    const { caller } = verified;
    if (caller.kind === "user" && caller.impersonatorId !== undefined) {
      return refuse(c, 403, "impersonation_not_allowed", "An impersonated session cannot use the console.");
    }
    if (!caller.permissions.has("console:read")) {
      return refuse(c, 403, "permission_missing", `The role ${caller.role} does not have console:read.`);
    }
    if (!(await isAdminAddress(c))) return refuse(c, 403, "address_not_allowed", "Your address is not allowed.");
    setCookie(c, sessionCookie, await sessions.open(caller), {
      httpOnly: true,
      sameSite: "Strict",
      path: "/console",
      // Without TLS the cookie may travel on this machine only. A proxy on this machine is not the browser.
      secure: trustedProxies > 0 || !isLoopback(c),
    });
    c.set("caller", caller);
    await auditAction(c, context, { action: "console.signed_in", outcome: "done" });
    return c.redirect("/console", 303);
  });
  app.post("/console/sign-out", async (c) => {
    if (!(await hasFormToken(c))) return forbidden(c, "The form is out of date.");
    await sessions.close(getCookie(c, sessionCookie) ?? "");
    deleteCookie(c, sessionCookie, { path: "/console" });
    return c.redirect("/console/sign-in", 303);
  });
}

/**
 * Whether the form comes from a page of the console. Browsers say it themselves, except over HTTP to another machine; `Origin` is then
 * compared with `Host`, which a proxy may have changed.
 */
function isSameOrigin(c: Context<ApiEnv>): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  return origin === undefined || URL.parse(origin)?.host === c.req.header("host");
}

const isLoopback = (c: Context<ApiEnv>): boolean =>
  /^(127\.|::1$|::ffff:127\.)/.test(getConnInfo(c).remote.address ?? "");
