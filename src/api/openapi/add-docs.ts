import { readFile } from "node:fs/promises";
import type { Hono } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import type { ApiApp } from "../http/api-env.ts";
import { writeDocument } from "./write-document.ts";

const assets = {
  "swagger-ui.css": { url: import.meta.resolve("swagger-ui-dist/swagger-ui.css"), type: "text/css" },
  "swagger-ui-bundle.js": { url: import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"), type: "text/javascript" },
  "page.css": { url: import.meta.resolve("./page/page.css"), type: "text/css" },
  "page.js": { url: import.meta.resolve("./page/page.js"), type: "text/javascript" },
};

/**
 * `/openapi.json`: what `api` promises, and the routes beside it. `/docs`: the same as a page, which loads nothing from
 * anywhere else and may run no script but its own. To be called when `api` has all its routes.
 */
export function addDocs(app: Hono, api: ApiApp): void {
  const document = writeDocument(api);
  const page = readFile(new URL("page/index.html", import.meta.url), "utf8");
  app.use("/openapi.json", secureHeaders(), etag());
  app.use("/docs/*", secureHeaders({ contentSecurityPolicy }), compress(), etag());
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/docs", async (c) => c.html(await page));
  for (const [name, { url, type }] of Object.entries(assets)) {
    app.get(`/docs/${name}`, async (c) =>
      c.body(await readFile(new URL(url), "utf8"), 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": "public, max-age=3600",
      }),
    );
  }
}

/** Swagger UI sets styles of its elements from its script, and shows images that it carries as data. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};
