import { readFile } from "node:fs/promises";
import type { Hono } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { programVersion } from "../../shared/program-config.ts";
import type { ApiApp } from "../http/api-env.ts";
import { serveAssets } from "../http/serve-assets.ts";
import { describeOtherRoutes } from "./describe-other-routes.ts";
import { writeAsyncApi } from "./write-asyncapi.ts";
import { writeTopicsPage } from "./write-topics-page.ts";

const assets = {
  "swagger-ui.css": { url: import.meta.resolve("swagger-ui-dist/swagger-ui.css"), type: "text/css" },
  "swagger-ui-bundle.js": { url: import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"), type: "text/javascript" },
  "page.css": { url: import.meta.resolve("./page/page.css"), type: "text/css" },
  "topics.css": { url: import.meta.resolve("./page/topics.css"), type: "text/css" },
  "page.js": { url: import.meta.resolve("./page/page.js"), type: "text/javascript" },
};

/**
 * `/openapi.json`: what `api` promises, and the routes beside it. `/asyncapi.json`: the topics. `/docs` and `/docs/topics`: the same as pages, which load
 * nothing from anywhere else and may run no script but their own. To be called when `api` has all its routes.
 */
export function addDocs(app: Hono, api: ApiApp): void {
  const document = writeDocument(api);
  const page = readFile(new URL("page/index.html", import.meta.url), "utf8");
  const topics = writeAsyncApi(programVersion);
  const topicsPage = writeTopicsPage(topics);
  for (const path of ["/openapi.json", "/asyncapi.json"]) app.use(path, secureHeaders(), etag());
  app.use("/docs/*", secureHeaders({ contentSecurityPolicy }), compress(), etag());
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/asyncapi.json", (c) => c.json(topics));
  app.get("/docs", async (c) => c.html(await page));
  app.get("/docs/topics", (c) => c.html(topicsPage));
  serveAssets(app, "/docs", assets, 3_600);
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

/** The OpenAPI 3.1 document: the routes of `api` from the schemas that validate them, and the other routes by description. */
function writeDocument(api: ApiApp) {
  describeOtherRoutes(api.openAPIRegistry);
  return api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "clerk-kafka-bridge",
      version: programVersion,
      description,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/", description: "This API" }],
    tags: [
      { name: "Users", description: "The users of Clerk. Every change reaches Kafka too." },
      {
        name: "Accounts",
        description: "Sessions, account status, second factors and recovery.",
      },
      { name: "Audit", description: "The audit trail." },
      { name: "Analytics", description: "Counts of sign-ins, active users and attacks." },
      { name: "Webhooks", description: "The endpoint that Clerk calls." },
      { name: "Operations", description: "Endpoints for operators." },
    ],
  });
}

const description = `
A user API over [Clerk](https://clerk.com). Every change becomes an event in Kafka.

**Authentication**: \`Authorization: Bearer\` with a Clerk session token, or with a service token (HS256, signed with
\`JWT_SECRET\`). Users may read and change their own account. For everything else the caller's role needs the permission that the
operation names.

**Errors** are \`{"error": "for people", "code": "stable", "requestId": "…"}\`, with \`details\` where input is invalid.

**Limits**: the headers \`RateLimit-Policy\` and \`RateLimit\` report the remaining requests; 429 has a \`Retry-After\`.

**Events**: [the topics in Kafka](docs/topics), which [asyncapi.json](asyncapi.json) describes (AsyncAPI 3).

**Times** are ISO 8601 in UTC.
`.trim();
