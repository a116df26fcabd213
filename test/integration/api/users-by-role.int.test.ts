import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { State } from "../../../src/domain/state.ts";
import { createCoverage } from "../../../src/reconciliation/coverage.ts";
import { indexKey, shardPrefix } from "../../../src/redis/keys.ts";
import { newUserBody, openAccountApi } from "../../support/api/open-api.ts";
import { type OwnedLedgers, ownLedgers } from "../../support/redis/ledgers.ts";

// The API alone, with published states that no worker changes.

const pageSchema = z.object({
  users: z.array(z.looseObject({ id: z.string(), role: z.string(), firstName: z.string() })),
  totalCount: z.number(),
  hasNextPage: z.boolean(),
});

let api: Awaited<ReturnType<typeof openAccountApi>>;
let ledgers: OwnedLedgers;

beforeEach(async () => {
  api = await openAccountApi();
  onTestFinished(() => api[Symbol.asyncDispose]());
  ledgers = await ownLedgers(api.redis, api.redisPrefix, api.config.shards);
  await createCoverage(api.redis, api.redisPrefix).markFull(1);
});

/** The ids of a page's users, its total, and the number of requests to Clerk. */
async function list(query: string) {
  const { value, requests } = await api.clerk.during(() => api.call(`GET /api/users${query}`, api.admin));
  expect(value).toMatchObject({ status: 200 });
  const { users, totalCount, hasNextPage } = pageSchema.parse(value.body);
  return { ids: users.map(({ id }) => id), users, totalCount, hasNextPage, requests: requests.length };
}

interface Person {
  readonly role?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly version?: number;
}

const publish = (people: Readonly<Record<string, Person>>) =>
  ledgers.apply(
    new Map(
      Object.entries(people).map(
        ([id, { role = "user", firstName = "", lastName = "", version = 1 }], createdAt): [string, State] => [
          id,
          {
            status: "present",
            user: { id, firstName, lastName, username: "", emailAddress: [`${id}@example.com`], role },
            createdAt,
            version,
            readAt: 0,
            sequence: 1,
          },
        ],
      ),
    ),
  );

describe("a list by role", () => {
  test("is read from the published states, newest first, with the exact total and no request to Clerk", async () => {
    const admins = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`user_a${at}`, { role: "admin" }]));
    await publish({ ...admins, user_b: {} });
    const newest = Object.keys(admins).toReversed();
    expect(await list("?role=admin")).toMatchObject({ ids: newest.slice(0, 20), totalCount: 25, requests: 0 });
    expect(await list("?role=admin&page=2")).toMatchObject({ ids: newest.slice(20), hasNextPage: false, requests: 0 });
    expect(await list("?role=admin&page=3")).toMatchObject({ ids: [], totalCount: 25, requests: 0 });
    expect((await list("?role=admin&sort=createdAt&limit=3")).ids).toEqual(newest.toReversed().slice(0, 3));
  });

  test("has the fields of a user that Clerk's answer has", async () => {
    await publish({ user_1: { firstName: "Ada", version: 86_400_000 } });
    expect((await list("?role=user")).users).toEqual([
      {
        id: "user_1",
        firstName: "Ada",
        lastName: "",
        username: "",
        emailAddress: ["user_1@example.com"],
        role: "user",
        createdAt: "1970-01-01T00:00:00.000Z",
        updatedAt: "1970-01-02T00:00:00.000Z",
      },
    ]);
  });

  const people = {
    user_1: { firstName: "Ada" },
    user_2: { firstName: "Smilla", lastName: "Jaspersen", version: 9 },
    user_3: { firstName: "blacksmith" },
    user_4: { firstName: "A. Smith", role: "admin" },
  };

  test.for([
    ["?role=user&sort=name", ["user_1", "user_3", "user_2"], 3],
    ["?role=user&sort=-name&limit=2", ["user_2", "user_3"], 3],
    ["?role=user&sort=email&limit=1&page=3", ["user_3"], 3],
    ["?role=user&sort=-updatedAt&limit=1", ["user_2"], 3],
    ["?search=smi&sort=name", ["user_4", "user_3", "user_2"], 3],
  ] as const)("with %s has the right users and total, without a request to Clerk", async ([query, ids, totalCount]) => {
    await publish(people);
    expect(await list(query)).toMatchObject({ ids, totalCount, requests: 0 });
  });

  const manyMatches = [
    ["?role=user&search=SMI", ["user_3", "user_2"], 2],
    ["?role=user&search=smi&limit=1&page=2", ["user_2"], 2],
    ["?role=user&search=user_1@", ["user_1"], 1],
    ["?role=user&search=smilla%20jas", ["user_2"], 1],
    ["?role=admin&search=smi&sort=name", ["user_4"], 1],
  ] as const;

  test.for(manyMatches)(
    "with %s looks at the published states when Clerk has too many matches for one call",
    async ([query, ids, totalCount]) => {
      await publish(people);
      // None of them is published.
      for (let at = 0; at < 100; at += 1) {
        api.dashboard.createUser({ email_address: [`${at}@example.com`], first_name: "user_1@ smilla jas" });
      }
      expect(await list(query)).toMatchObject({ ids, totalCount, requests: 2 });
    },
  );

  test.for(manyMatches)(
    "with %s looks at the published states while Clerk is unavailable",
    async ([query, ids, totalCount]) => {
      await publish(people);
      api.clerk.failWhen(() => ({ kind: "answer", status: 503 }));
      expect(await list(query)).toMatchObject({ ids, totalCount });
    },
  );

  test("with a search of few matches asks Clerk twice, and not again for another role or order", async () => {
    await publish(people);
    expect(await list("?role=user&search=ada")).toMatchObject({ ids: [api.ada.id], totalCount: 1, requests: 2 });
    expect(await list("?role=admin&search=ada&sort=name")).toMatchObject({ ids: [], totalCount: 0, requests: 0 });
  });

  test("shows a change made through the API at once, although no worker has committed it", async () => {
    const { id } = api.ada;
    expect(await list("?role=admin")).toMatchObject({ ids: [], totalCount: 0 });
    await api.call(`PUT /api/users/${id}/role`, api.admin, { body: { role: "admin" } });
    expect(await list("?role=admin")).toMatchObject({ ids: [id], totalCount: 1, requests: 0 });
    const created = await api.call("POST /api/users", api.admin, { body: newUserBody({ firstName: "Grace" }) });
    const grace = z.string().parse(created.body["id"]);
    expect(await list("?role=user&search=grace")).toMatchObject({ ids: [grace], totalCount: 1 });
    await api.call(`PATCH /api/users/${grace}`, api.admin, { body: { firstName: "Amazing" } });
    expect(await list("?role=user&search=grace")).toMatchObject({ ids: [], totalCount: 0 });
    expect(await list("?role=user&sort=name")).toMatchObject({ ids: [grace], totalCount: 1 });
    await api.call(`DELETE /api/users/${grace}`, api.admin);
    expect(await list("?role=user")).toMatchObject({ ids: [], totalCount: 0 });
  });

  test("shows what was committed, and no cached page, as soon as the ledger has it", async () => {
    await publish({ user_1: {}, user_2: {} });
    expect(await list("?role=user&sort=name")).toMatchObject({ totalCount: 2 });
    expect(await list("?role=user")).toMatchObject({ totalCount: 2 });
    await publish({ user_1: { role: "admin" } });
    expect(await list("?role=user&sort=name")).toMatchObject({ ids: ["user_2"], totalCount: 1 });
    expect(await list("?role=user")).toMatchObject({ ids: ["user_2"], totalCount: 1 });
  });
});

describe("a list by role is read from Clerk", () => {
  const ofClerk = () => ({ ids: [api.ada.id], totalCount: 1 });

  test("before the first backfill or full sweep, because the published states may lack users", async () => {
    await api.redis.del(`{${api.redisPrefix}:reconciliation}:covered`);
    expect(await list("?role=user")).toMatchObject(ofClerk());
  });

  test("while the ledger of a shard is incomplete", async () => {
    await publish({ user_1: {} });
    await api.redis.del(
      ...Array.from({ length: api.config.shards }, (_, at) => indexKey(shardPrefix(api.redisPrefix, at))),
    );
    expect(await list("?role=user")).toMatchObject(ofClerk());
  });

  test("while Redis refuses to answer", async () => {
    await api.redis.set(indexKey(shardPrefix(api.redisPrefix, 0)), "no sorted set");
    expect(await list("?role=user")).toMatchObject(ofClerk());
  });
});
