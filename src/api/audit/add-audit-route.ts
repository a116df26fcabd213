import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { ApiError } from "../../http/api-error.ts";
import { auditRecordSchema } from "../../audit/audit-record.ts";
import type { AuditReader } from "../../audit/audit-reader.ts";

const time = z.iso.datetime({ offset: true }).transform(Date.parse).openapi({ type: "string", format: "date-time" });
const exact = z.string().min(1).max(256);

const querySchema = z
  .strictObject({
    actor: exact.optional().openapi({ description: "The actor or the impersonator" }),
    target: exact.optional().openapi({ description: "The affected user" }),
    action: exact.optional().openapi({ example: "user.role_changed" }),
    outcome: auditRecordSchema.shape.outcome.optional(),
    from: time.optional(),
    to: time.optional(),
    cursor: z
      .string()
      .regex(/^[1-9]\d{0,14}-\d{1,15}$/, "Not a cursor")
      .optional()
      .openapi({ description: "`nextCursor` of the previous page" }),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ["to"],
    message: "Must not be before `from`",
  });

const route = createRoute({
  method: "get",
  operationId: "listAuditEntries",
  path: "/api/audit",
  tags: ["Audit"],
  summary: "List the audit trail, newest first",
  description:
    "Needs `audit:read`. A page may have fewer entries than `limit`, even none; there are more pages while there is a " +
    "`nextCursor`. The audit topic in Kafka keeps all entries for longer.",
  security: bearer,
  middleware: [requires("audit:read")] as const,
  request: { query: querySchema },
  responses: {
    200: {
      description: "One page",
      content: {
        "application/json": {
          schema: z.object({ entries: z.array(auditRecordSchema), nextCursor: z.string().optional() }),
        },
      },
    },
    ...errorResponses(400),
  },
});

export function addAuditRoute(api: ApiApp, { auditReader }: { readonly auditReader: AuditReader }): void {
  api.openapi(route, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { entries, nextCursor } = await auditReader.read(filter, limit, cursor).catch((cause: unknown) => {
      throw new ApiError(503, "audit_unavailable", "The audit trail cannot be read at the moment", {
        headers: { "retry-after": "5" },
        cause,
      });
    });
    return c.json({ entries: [...entries], ...(nextCursor !== undefined && { nextCursor }) }, 200);
  });
}
