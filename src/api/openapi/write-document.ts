import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ApiApp } from "../http/api-env.ts";
import { describeOtherRoutes } from "./describe-other-routes.ts";

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")));

/** The OpenAPI 3.1 document: the routes of `api` by the schemas that check them, and the routes beside it by description. */
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
        description: "How users sign in, and who may: sessions, standing, second factors, recovery.",
      },
      { name: "Audit", description: "Who did what to whom." },
      { name: "Analytics", description: "Sign-ins, active users and attacks, in numbers." },
      { name: "Webhooks", description: "What Clerk calls." },
      { name: "Operations", description: "For whoever runs this." },
    ],
  });
}

const description = `
A user API over [Clerk](https://clerk.com), whose changes come out as events in Kafka.

**Who is calling**: \`Authorization: Bearer\` with a Clerk session token, or with a service token (HS256, made with
\`JWT_SECRET\`). A user may read and change himself; for everything else a role needs the permission that the operation names.

**Errors** are \`{"error": "for people", "code": "stable", "requestId": "…"}\`, with \`details\` where input is invalid.

**Limits**: the headers \`RateLimit-Policy\` and \`RateLimit\` say what is left; 429 has a \`Retry-After\`.

**Times** are ISO 8601 in UTC.
`.trim();
