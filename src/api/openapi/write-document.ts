import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ApiApp } from "../http/api-env.ts";
import { describeOtherRoutes } from "./describe-other-routes.ts";

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")));

/** The OpenAPI 3.1 document: the routes of `api` from the schemas that validate them, and the other routes by description. */
export function writeDocument(api: ApiApp) {
  describeOtherRoutes(api.openAPIRegistry);
  return api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "clerk-kafka-bridge",
      version,
      description,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
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

**Times** are ISO 8601 in UTC.
`.trim();
