import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/requires.ts";
import type { UserPage } from "./user-cache.ts";
import { bearer, errorResponses } from "../http/responses.ts";
import type { ApiApp } from "../http/api-env.ts";
import { apiUserSchema } from "./api-user.ts";
import { browseUsers, findByRole, searchUsers } from "./find-users.ts";
import { roleSchema } from "./user-input.ts";
import type { ApiContext } from "./api-context.ts";

const userListSchema = z
  .object({
    users: z.array(apiUserSchema).openapi({ description: "Newest first" }),
    totalCount: z.int().openapi({ description: "Of all pages" }),
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
    path: "/api/users",
    tags: ["Users"],
    summary: "Users, newest first, a page at a time",
    description: `Needs \`users:read\`. From the cache, otherwise by calls of Clerk:

| parameters | calls |
| --- | --- |
| none | 1 if the first page holds all users, otherwise 2 |
| \`search\` | 2 if it finds less than a hundred users, otherwise 5; more from the 500th user on |
| \`role\` | 1 for each 500 users there are: Clerk knows no roles. At most \`USERS_BY_ROLE_MAX_CLERK_CALLS\` (${context.config.byRoleMaxClerkCalls} here), beyond that 400 \`list_too_large\` |
| \`search\` and \`role\` | 2, and 1 more for each 500 users that the search finds; bounded in the same way |

All pages of a role are cached together as long as they are small.`,
    security: bearer,
    middleware: [requires("users:read")] as const,
    request: {
      query: z.object({
        page: z.coerce.number().int().min(1).max(1_000_000).default(1),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        search: z.string().trim().max(200).optional().openapi({
          description: "Part of an e-mail address, a first or a last name, without case",
        }),
        role: roleSchema(context.findRole).optional(),
      }),
    },
    responses: {
      200: { description: "The page", content: { "application/json": { schema: userListSchema } } },
      ...errorResponses(400, 502),
    },
  });
  api.openapi(route, async (c) => {
    const { page, limit, ...query } = c.req.valid("query");
    const { users, totalCount } = await readPage(context, { page, limit, ...query });
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

interface ListQuery {
  readonly page: number;
  readonly limit: number;
  readonly search?: string | undefined;
  readonly role?: string | undefined;
}

/** From the cache: the page, or at least all that have the role. */
function readPage(
  { clerk, cache, config }: ApiContext,
  { page, limit, search: given, role }: ListQuery,
): Promise<UserPage> {
  const search = given === undefined || given === "" ? undefined : given.toLowerCase();
  const stretch = { offset: (page - 1) * limit, limit };
  return cache.page(JSON.stringify(["page", page, limit, search, role]), async () => {
    if (role === undefined)
      return search === undefined
        ? browseUsers(clerk, stretch)
        : searchUsers(clerk, search, stretch, config.byRoleMaxClerkCalls);
    const { users, totalCount } = await cache.page(JSON.stringify(["role", search, role]), async () => {
      const found = await findByRole(clerk, role, search, config.byRoleMaxClerkCalls);
      return { users: found, totalCount: found.length };
    });
    return { users: users.slice(stretch.offset, stretch.offset + limit), totalCount };
  });
}
