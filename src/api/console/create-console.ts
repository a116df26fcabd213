import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { ApiEnv } from "../http/api-env.ts";
import { serveAssets } from "../http/serve-assets.ts";
import { addSignIn } from "./add-sign-in.ts";
import { admit, type ConsoleApp, identify } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { addDeadLetterPages } from "./add-dead-letter-pages.ts";
import { addEventPages } from "./add-event-pages.ts";
import { addStatusPages } from "./add-status-pages.ts";
import { addUserPages } from "./add-user-pages.ts";
import { renderPage } from "./render-page.ts";
import { html } from "hono/html";

/** They need no session, and come from this server alone. */
const assets = {
  "console.css": { url: import.meta.resolve("./assets/console.css"), type: "text/css" },
  "console.js": { url: import.meta.resolve("./assets/console.js"), type: "text/javascript" },
  "icon.svg": { url: import.meta.resolve("./assets/icon.svg"), type: "image/svg+xml" },
  "uplot.css": { url: import.meta.resolve("uplot/dist/uPlot.min.css"), type: "text/css" },
  "uplot.js": { url: import.meta.resolve("uplot/dist/uPlot.iife.min.js"), type: "text/javascript" },
};

const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

const maxFormBytes = 1024 * 1024;

/**
 * The console for operators, below `/console`: pages that work without a script, and a script that keeps them live. Each request needs a
 * session whose role has `console:read`, each action `console:write` and the token of the session's forms.
 */
export function createConsole(context: ConsoleContext): ConsoleApp {
  const app: ConsoleApp = new Hono<ApiEnv>();
  app.onError((error, c) => {
    context.log.error(
      { event: "console.failed", requestId: c.get("requestId"), err: error },
      "A page of the console failed",
    );
    return renderPage(c, {
      title: "Not available",
      body: html`<p role="alert" class="bad">${context.explain(error)}</p>
        <p>Reload the page when the server is back.</p>`,
      status: 503,
    });
  });
  app.notFound((c) => renderPage(c, { title: "Not found", body: html`<p>There is no such page.</p>`, status: 404 }));
  app.use("/console/*", requestId(), secureHeaders({ contentSecurityPolicy, referrerPolicy: "same-origin" }));
  app.use("/console", requestId(), secureHeaders({ contentSecurityPolicy, referrerPolicy: "same-origin" }));
  serveAssets(app, "/console/assets", assets, 300);
  for (const path of ["/console", "/console/*"]) app.use(path, bodyLimit({ maxSize: maxFormBytes }), identify(context));
  addSignIn(app, context);
  for (const path of ["/console", "/console/*"]) app.use(path, admit(context));
  addStatusPages(app, context);
  addUserPages(app, context);
  addDeadLetterPages(app, context);
  addEventPages(app, context);
  return app;
}
