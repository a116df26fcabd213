import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { html } from "hono/html";
import { timingSafeEqual } from "node:crypto";
import { clientIp } from "../auth/client-ip.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { type AuditDetails, createAuditEntry } from "../http/create-audit-entry.ts";
import type { ConsoleContext } from "./console-context.ts";
import { formTokenOf } from "./console-sessions.ts";
import { renderPage, sessionCookie } from "./render-page.ts";

export type ConsoleApp = Hono<ApiEnv>;

/** Sets the client's address and the operator who is signed in, if there is one. */
export const identify =
  ({ sessions, trustedProxies }: ConsoleContext): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const { address = "" } = getConnInfo(c).remote;
    c.set("ip", clientIp(address, c.req.header("x-forwarded-for"), trustedProxies));
    c.header("Cache-Control", "no-store");
    const secret = getCookie(c, sessionCookie);
    c.set("caller", secret === undefined ? undefined : await sessions.find(secret));
    await next();
  };

/** Admits operators at an allowed address, and forms only with the token of their session. */
export const admit =
  ({ isAdminAddress }: ConsoleContext): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const caller = c.get("caller");
    if (caller === undefined) return c.redirect("/console/sign-in", 303);
    if (!caller.permissions.has("console:read")) return forbidden(c, "Your role does not have console:read.");
    if (!(await isAdminAddress(c))) return forbidden(c, "Your address is not allowed.");
    if (c.req.method !== "GET" && !(await hasFormToken(c))) {
      return forbidden(c, "The form is out of date. Go back and load the page again.");
    }
    return next();
  };

/** Answers with a page that says why. */
export const forbidden = (c: Context<ApiEnv>, reason: string) =>
  renderPage(c, { title: "Not allowed", body: html`<p role="alert" class="bad">${reason}</p>`, status: 403 });

/** Whether the operator may do more than look. */
export const mayAct = (c: Context<ApiEnv>): boolean => c.get("caller")?.permissions.has("console:write") === true;

/** Whether the posted form carries the token of the session. */
export async function hasFormToken(c: Context<ApiEnv>): Promise<boolean> {
  const { token } = await c.req.parseBody();
  const expected = Buffer.from(formTokenOf(getCookie(c, sessionCookie) ?? ""));
  const given = Buffer.from(typeof token === "string" ? token : "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Records an action of the operator. */
export const auditAction = (c: Context<ApiEnv>, { audit, now }: ConsoleContext, details: AuditDetails): Promise<void> =>
  audit.record(createAuditEntry(c, now, details));
