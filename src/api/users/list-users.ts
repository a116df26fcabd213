import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { ApiApp } from "../http/api-env.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiContext } from "./api-context.ts";
import { browseUsers, findByRole, searchUsers } from "./find-users.ts";
import { listIndexed, type ListQuery } from "./list-indexed.ts";
import type { UserPage } from "./user-cache.ts";
import { sortSchema, sortUsers } from "./user-sort.ts";
import { apiUserSchema, printable, roleSchema } from "./user-schemas.ts";

const userListSchema = z
  .object({
    users: z.array(apiUserSchema),
    totalCount: z.int().openapi({ description: "Users on all pages" }),
    currentPage: z.int(),
    totalPages: z.int(),
    hasNextPage: z.boolean(),
    hasPrevPage: z.boolean(),
  })
  .openapi("UserList");

/** `GET /api/users` */
export function addListUsers(api: ApiApp, context: ApiContext): void {
  const route = createRoute({
    method: "get",
    operationId: "listUsers",
    path: "/api/users",
    tags: ["Users"],
    summary: "List users",
    description: `Needs \`users:read\`. One page at a time, cached; newest first unless \`sort\` says otherwise. A list by \`role\` comes from the published states, with the changes made through this API: a change made elsewhere shows when its event is committed. Before the first backfill or full sweep, and while the states are rebuilt, it reads 500 users per Clerk call instead; beyond ${context.config.byRoleMaxClerkCalls} calls (\`USERS_BY_ROLE_MAX_CLERK_CALLS\`) it then fails with 400 \`list_too_large\`.`,
    security: bearer,
    middleware: [requires("users:read")] as const,
    request: {
      query: z.strictObject({
        page: z.coerce.number().int().min(1).max(1_000_000).default(1),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        search: z.string().trim().max(200).regex(printable, "Must not contain control characters").optional().openapi({
          description: "Part of an email address, a first name or a last name, compared without case",
        }),
        role: roleSchema(context.findRole).optional(),
        sort: sortSchema,
      }),
    },
    responses: {
      200: { description: "One page of users", content: { "application/json": { schema: userListSchema } } },
      ...errorResponses(400, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { page, limit, search, role, sort } = c.req.valid("query");
    const query = { page, limit, search: search === "" ? undefined : search?.toLowerCase(), role, sort };
    const { users, totalCount } =
      (await listIndexed(context, query)) ??
      (await context.cache.page(pageCacheKey(query), () => loadPage(context, query)));
    const totalPages = Math.ceil(totalCount / limit);
    return c.json(
      {
        users: [...users],
        totalCount,
        currentPage: page,
        totalPages,
        hasNextPage: page < totalPages,
        hasPrevPage: page > 1,
      },
      200,
    );
  });
}

const pageCacheKey = ({ page, limit, search, role, sort }: ListQuery) =>
  JSON.stringify(["page", page, limit, search, role, sort]);
const roleCacheKey = (role: string, search: string | undefined) => JSON.stringify(["role", search, role]);

/** Loads a page that the cache does not have. */
async function loadPage({ clerk, cache, config }: ApiContext, query: ListQuery): Promise<UserPage> {
  const { page, limit, search, role, sort } = query;
  const slice = { offset: (page - 1) * limit, limit, sort };
  const maxCalls = config.byRoleMaxClerkCalls;
  if (role === undefined) {
    return search === undefined ? browseUsers(clerk, slice) : searchUsers(clerk, search, slice, maxCalls);
  }
  // Reading all users is expensive, so the pages of a role share one cache entry.
  const all = await cache.page(roleCacheKey(role, search), () => findByRole(clerk, role, search, maxCalls));
  return { users: sortUsers(all.users, sort).slice(slice.offset, slice.offset + limit), totalCount: all.totalCount };
}
