import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openAccountApi } from "../../support/api/open-api.ts";

const pageSchema = z.object({
  users: z.array(z.looseObject({ firstName: z.string(), emailAddress: z.array(z.string()), role: z.string() })),
  totalCount: z.number(),
  currentPage: z.number(),
  totalPages: z.number(),
  hasNextPage: z.boolean(),
  hasPrevPage: z.boolean(),
});

interface Person {
  readonly first?: string;
  readonly last?: string;
  readonly email?: string;
  readonly username?: string;
  readonly role?: string;
}

/** Opens an instance with only these users, the last one created last. */
async function open(people: readonly Person[], variables: Readonly<Record<string, string>> = {}) {
  const api = await openInstance(people, variables);
  onTestFinished(api.close);
  return api;
}

async function openInstance(people: readonly Person[], variables: Readonly<Record<string, string>> = {}) {
  const api = await openAccountApi({ CACHE_TTL_MS: "0", ...variables });
  api.dashboard.deleteUser(api.ada.id);
  const users = people.map(({ first, last, email, username, role }, index) =>
    api.dashboard.createUser({
      first_name: first ?? null,
      last_name: last ?? null,
      email_address: [email ?? `person${index}@example.com`],
      ...(username !== undefined && { username }),
      ...(role !== undefined && { public_metadata: { role } }),
      created_at: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
    }),
  );
  const list = async (query: string) => {
    const { value, requests } = await api.clerk.during(() => api.call(`GET /api/users${query}`, api.admin));
    expect(value).toMatchObject({ status: 200 });
    const { users: found, ...rest } = pageSchema.parse(value.body);
    return { names: found.map(({ firstName }) => firstName), users: found, ...rest, requests };
  };
  return { ...api, users, list, close: () => api[Symbol.asyncDispose]() };
}

const numbered = (count: number): Person[] => Array.from({ length: count }, (_, index) => ({ first: `P${index}` }));

test("GET /api/users returns a page, newest first, with the fields for paging", async () => {
  const { list, users } = await open(numbered(45));
  expect(await list("")).toMatchObject({
    names: Array.from({ length: 20 }, (_, index) => `P${44 - index}`),
    totalCount: 45,
    currentPage: 1,
    totalPages: 3,
    hasNextPage: true,
    hasPrevPage: false,
  });
  expect(await list("?page=3")).toMatchObject({
    names: ["P4", "P3", "P2", "P1", "P0"],
    totalCount: 45,
    currentPage: 3,
    totalPages: 3,
    hasNextPage: false,
    hasPrevPage: true,
  });
  expect((await list("?page=2&limit=1")).users).toEqual([
    {
      id: users[43]?.id,
      firstName: "P43",
      lastName: "",
      username: "",
      emailAddress: ["person43@example.com"],
      role: "user",
      createdAt: new Date(Date.UTC(2026, 0, 1) + 43_000).toISOString(),
      updatedAt: expect.any(String),
    },
  ]);
});

test("a page after the last one is empty, as is the list of an instance without users", async () => {
  const { list, dashboard, users } = await open(numbered(1));
  expect(await list("?page=1000000&limit=100")).toMatchObject({
    names: [],
    totalCount: 1,
    totalPages: 1,
    hasNextPage: false,
    hasPrevPage: true,
    requests: ["GET /users/count"],
  });
  for (const { id } of users) dashboard.deleteUser(id);
  expect(await list("")).toMatchObject({ names: [], totalCount: 0, totalPages: 0, hasNextPage: false });
});

const people: Person[] = [
  { first: "Ada", last: "Lovelace", email: "countess@example.com", username: "alovelace", role: "admin" },
  { first: "Grace", last: "Hopper", email: "grace@adamant.example", username: "ghopper" },
  { first: "Alan", last: "Turing", email: "alan@example.com", username: "ada_fan", role: "admin" },
  { first: "Barbara", last: "Liskov", email: "barbara@example.com", username: "bliskov", role: "user" },
];

describe("search and role", () => {
  let instance: Awaited<ReturnType<typeof openInstance>>;
  beforeAll(async () => {
    instance = await openInstance(people);
  });
  afterAll(() => instance.close());

  test.for([
    { query: "?search=ada", names: ["Grace", "Ada"], why: "part of an address or a first name, not of a username" },
    { query: "?search=LOVELACE", names: ["Ada"], why: "without case" },
    { query: "?search=%20liskov%20", names: ["Barbara"], why: "without the blanks around" },
    { query: "?search=example.com", names: ["Barbara", "Alan", "Ada"], why: "any part of an address" },
    { query: "?search=user_", names: [], why: "not in ids" },
    { query: "?search=", names: ["Barbara", "Alan", "Grace", "Ada"], why: "an empty search finds every user" },
    { query: "?role=admin", names: ["Alan", "Ada"], why: "the role" },
    { query: "?role=user", names: ["Barbara", "Grace"], why: "a user without a role has the role user" },
    { query: "?role=admin&search=countess", names: ["Ada"], why: "both" },
    { query: "?role=user&search=countess", names: [], why: "both, without a match" },
  ])("$query finds $names: $why", async ({ query, names }) => {
    const { list } = instance;
    expect(await list(query)).toMatchObject({ names, totalCount: names.length });
    expect(await list(`${query}&limit=1&page=2`)).toMatchObject({
      names: names.slice(1, 2),
      totalCount: names.length,
      totalPages: names.length,
      hasPrevPage: true,
    });
  });
});

test.for([
  ["createdAt", "Cy Al Bo Di"],
  ["-createdAt", "Di Bo Al Cy"],
  ["name", "Al Bo Cy Di"],
  ["-name", "Di Cy Bo Al"],
  ["email", "Bo Di Cy Al"],
  ["-email", "Al Cy Di Bo"],
] as const)("a list is sorted by %s over all pages, alone and with a search or a role", async ([sort, names]) => {
  const { list } = await open([
    { first: "Cy", last: "Quinn", email: "y@example.com", role: "admin" },
    { first: "Al", last: "Quinn", email: "z@example.com", role: "admin" },
    { first: "Bo", last: "Quinn", email: "w@example.com", role: "admin" },
    { first: "Di", last: "Quinn", email: "x@example.com", role: "admin" },
  ]);
  for (const filter of ["", "&search=quinn", "&role=admin", "&search=quinn&role=admin"]) {
    const pages = [await list(`?sort=${sort}&limit=2${filter}`), await list(`?sort=${sort}&limit=2&page=2${filter}`)];
    expect([filter, pages.flatMap((page) => page.names).join(" ")]).toEqual([filter, names]);
  }
});

test("totalCount is right for every combination of search and role, also over several Clerk pages", async () => {
  // More than one Clerk page, with users who match both by name and by address.
  const { list } = await open(
    Array.from({ length: 560 }, (_, index) => ({
      first: index % 2 === 0 ? "Even" : "Odd",
      email: `${index % 3 === 0 ? "even" : "other"}${index}@example.com`,
      role: index % 10 === 0 ? "admin" : "user",
    })),
  );
  expect((await list("?limit=100&page=6")).totalCount).toBe(560);
  const even = Array.from({ length: 560 }, (_, index) => index).filter((n) => n % 2 === 0 || n % 3 === 0);
  const everything = [];
  for (const page of [1, 2, 3, 4]) {
    const { users, totalCount } = await list(`?search=even&limit=100&page=${page}`);
    expect(totalCount).toBe(even.length);
    everything.push(...users.map(({ emailAddress }) => Number(/\d+/.exec(emailAddress[0] ?? "")?.[0])));
  }
  expect(everything).toEqual(even.toReversed());
  expect((await list("?role=admin")).totalCount).toBe(56);
  expect((await list("?role=user&limit=100&page=6")).totalCount).toBe(504);
  expect((await list("?role=admin&search=even")).totalCount).toBe(even.filter((n) => n % 10 === 0).length);
});

test("a list makes as many Clerk calls as documented", async () => {
  const { list, dashboard } = await open(numbered(150));
  const sorted = async (query: string) => (await list(query)).requests.toSorted();
  expect(await sorted("")).toEqual(["GET /users", "GET /users/count"]);
  expect(await sorted("?page=2")).toEqual(["GET /users", "GET /users/count"]);
  expect(await sorted("?search=person14")).toEqual(["GET /users", "GET /users"]);
  expect(await sorted("?search=person")).toEqual([
    "GET /users",
    "GET /users",
    ...Array.from({ length: 3 }, () => "GET /users/count"),
  ]);
  expect(await sorted("?role=user")).toEqual(["GET /users"]);
  expect(await sorted("?role=user&search=person")).toEqual(["GET /users", "GET /users"]);
  for (let index = 150; index < 501; index += 1) dashboard.createUser({ email_address: [`more${index}@example.com`] });
  expect(await sorted("?role=user")).toEqual(["GET /users", "GET /users"]);
});

test("the first page of a small instance makes one Clerk call", async () => {
  const { list } = await open(numbered(3));
  expect((await list("")).requests).toEqual(["GET /users"]);
});

test("a list by role that needs more Clerk calls than allowed is rejected", async () => {
  const { call, admin, list, dashboard } = await open(numbered(499), { USERS_BY_ROLE_MAX_CLERK_CALLS: "1" });
  expect((await list("?role=user")).totalCount).toBe(499);
  dashboard.createUser({ email_address: ["one-more@example.com"] });
  expect(await call("GET /api/users?role=user", admin)).toMatchObject({
    status: 400,
    body: { code: "list_too_large" },
  });
  expect((await list("?role=user&search=one-more")).totalCount).toBe(1);
});

test("a user deleted while a list by role is read hides no other user", async () => {
  const { list, clerk, dashboard, users } = await open(numbered(520));
  // The last user of Clerk's first page is the cursor of the second.
  const cursor = users[20]?.id ?? "";
  clerk.failWhen(({ path }) => {
    if (path.includes("starting_after") && users.length > 0) {
      if (dashboard.users().some(({ id }) => id === cursor)) dashboard.deleteUser(cursor);
    }
    return undefined;
  });
  const { totalCount, requests } = await list("?role=user");
  expect(totalCount).toBe(520);
  expect(requests).toHaveLength(3);
});

test("a repeated list is served from the cache, and one read serves all pages of a role", async () => {
  const { list } = await open(people, { CACHE_TTL_MS: "60000" });
  await list("?role=admin&limit=1");
  expect(await list("?role=admin&limit=1")).toMatchObject({ names: ["Alan"], requests: [] });
  expect(await list("?role=admin&limit=1&page=2")).toMatchObject({ names: ["Ada"], requests: [] });
  await list("?search=ada");
  expect(await list("?search=ADA")).toMatchObject({ names: ["Grace", "Ada"], requests: [] });
});

test("a change through the API appears in the next list", async () => {
  const { call, admin, list } = await open(people, { CACHE_TTL_MS: "60000" });
  const lists = async () => [(await list("")).names, (await list("?role=admin")).names];
  expect(await lists()).toEqual([
    ["Barbara", "Alan", "Grace", "Ada"],
    ["Alan", "Ada"],
  ]);
  const { body } = await call("POST /api/users", admin, {
    body: {
      firstName: "Edsger",
      lastName: "Dijkstra",
      username: "ewdijkstra",
      emailAddress: ["edsger@example.com"],
      password: "goto-considered-harmful",
    },
  });
  expect((await lists())[0]).toEqual(["Edsger", "Barbara", "Alan", "Grace", "Ada"]);
  const path = `/api/users/${String(body["id"])}`;
  await call(`PUT ${path}/role`, admin, { body: { role: "admin" } });
  expect((await lists())[1]).toEqual(["Edsger", "Alan", "Ada"]);
  await call(`PUT ${path}`, admin, { body: { firstName: "Wybe" } });
  expect((await lists())[1]).toEqual(["Wybe", "Alan", "Ada"]);
  await call(`DELETE ${path}`, admin);
  expect(await lists()).toEqual([
    ["Barbara", "Alan", "Grace", "Ada"],
    ["Alan", "Ada"],
  ]);
});

test("an invalid page, limit, role or search is 400 and names the parameter", async () => {
  const { call, admin } = await open([]);
  const wrong = [
    "?page=0",
    "?page=-1",
    "?page=x",
    "?page=1.5",
    "?limit=0",
    "?limit=101",
    "?limit=",
    "?role=king",
    `?search=${"x".repeat(201)}`,
  ];
  for (const query of wrong) {
    const { status, body } = await call(`GET /api/users${query}`, admin);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: "invalid_input", details: [{ path: query.slice(1).split("=")[0], message: expect.any(String) }] },
    });
  }
});

test("listing users requires users:read", async () => {
  const { call, sessionToken } = await open(people);
  expect(await call("GET /api/users")).toMatchObject({ status: 401, body: { error: "Access token required" } });
  expect(await call("GET /api/users", "nonsense")).toMatchObject({ status: 403, body: { error: "Invalid token" } });
  expect(await call("GET /api/users", await sessionToken("user_1"))).toMatchObject({
    status: 403,
    body: { error: "Admin access required" },
  });
  expect(await call("GET /api/users", await sessionToken("user_1", "admin"))).toMatchObject({ status: 200 });
});

test.for(["", "?search=p", "?role=user"])("a user that cannot be parsed hides no other user (%s)", async (query) => {
  const { list, users, clerk, dashboard } = await open(numbered(5));
  const odd = users[2]?.id;
  const changed = dashboard
    .users()
    .toReversed()
    .map((user) => (user.id === odd ? Object.assign(structuredClone(user), { first_name: 42 }) : user));
  clerk.failWhen(({ path }) =>
    path.startsWith("/users?") ? { kind: "answer", status: 200, body: JSON.stringify(changed) } : undefined,
  );
  expect((await list(query)).names.toSorted()).toEqual(["P0", "P1", "P3", "P4"]);
});

test("a list is 503 while Clerk is unavailable, without Clerk's own message", async () => {
  const { call, admin, clerk } = await open(people);
  clerk.failWhen(() => ({ kind: "cut" }));
  expect(await call("GET /api/users", admin)).toMatchObject({
    status: 503,
    headers: { "retry-after": "5" },
    body: { code: "clerk_unavailable" },
  });
  clerk.failWhen(() => ({ kind: "answer", status: 500, body: '{"errors":[{"code":"x","message":"raw secret"}]}' }));
  const failed = await call("GET /api/users", admin);
  expect(failed).toMatchObject({ status: 502, body: { code: "clerk_failed" } });
  expect(JSON.stringify(failed.body)).not.toContain("raw");
  clerk.failWhen(() => ({ kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "<html>" }));
  expect(await call("GET /api/users", admin)).toMatchObject({ status: 502, body: { code: "clerk_failed" } });
});
