import { describe, expect, test } from "vitest";
import { z } from "zod";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

const DAY_MS = 86_400_000;
const START = 1_800_000_000_000;

/** Four users, created a second apart: ada (signed in, banned), bob (with a phone), cleo, dora (connected to Google). */
async function startWithUsers() {
  let now = START;
  const started = await startEmulator({ now: () => now });
  const { dashboard } = started.emulator;
  const add = (params: Parameters<typeof dashboard.createUser>[0]): string => {
    now += 1000;
    return dashboard.createUser(params).id;
  };
  const ids = {
    ada: add({ email_address: ["ada@example.com"], first_name: "Ada", last_name: "Lovelace", external_id: "x-ada" }),
    bob: add({ email_address: ["bob@example.org"], phone_number: ["+15555550100"], external_id: "x-bob" }),
    cleo: add({ username: "Cleopatra", first_name: "Cleo", web3_wallet: [`0x${"a".repeat(40)}`] }),
    dora: add({ email_address: ["dora@example.com"] }),
  };
  now += 1000;
  dashboard.signIn(ids.ada);
  dashboard.banUser(ids.ada);
  dashboard.connectExternalAccount(ids.dora, {
    provider: "oauth_google",
    provider_user_id: "g-1",
    email_address: "dora@example.com",
  });
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  /** The names in a page of the raw API, which has more parameters than the SDK's types. */
  const list = async (query: string): Promise<(string | undefined)[]> => {
    const response = await started.request("GET", `/v1/users?${query}`);
    const users = z.array(z.object({ id: z.string() })).parse(await response.json());
    return users.map(({ id }) => names.get(id));
  };
  const count = async (query: string): Promise<unknown> =>
    (await started.request("GET", `/v1/users/count?${query}`)).json();
  return { ...started, ids, list, count };
}

describe("a filter of the user list", () => {
  test("applies to the SDK's list and to its total count", async () => {
    const { clerk, ids } = await startWithUsers();
    const found = await clerk.users.getUserList({ emailAddress: ["ADA@example.com", "unknown@example.com"] });
    expect(found.totalCount).toBe(1);
    expect(found.data.map(({ id }) => id)).toEqual([ids.ada]);
    expect((await clerk.users.getUserList({ limit: 1 })).totalCount).toBe(4);
    expect(await clerk.users.getCount({ query: "example.com" })).toBe(2);
  });

  test("can use every parameter that Clerk documents", async () => {
    const { ids, list, count } = await startWithUsers();
    const cases: [query: string, names: string[]][] = [
      ["email_address=ada@example.com&email_address=bob@example.org", ["bob", "ada"]],
      ["phone_number=%2B15555550100", ["bob"]],
      ["username=cleopatra", ["cleo"]],
      [`web3_wallet=0x${"a".repeat(40)}`, ["cleo"]],
      [`user_id=${ids.ada}&user_id=%2B${ids.bob}`, ["bob", "ada"]],
      [`user_id=-${ids.ada}`, ["dora", "cleo", "bob"]],
      ["external_id=x-ada", ["ada"]],
      ["external_id=-x-ada", ["dora", "cleo", "bob"]],
      ["organization_id=org_1", []],
      ["organization_id=-org_1", ["dora", "cleo", "bob", "ada"]],
      ["query=LOVEL", ["ada"]],
      ["query=5555", ["bob"]],
      [`query=${ids.dora.slice(5)}`, ["dora"]],
      ["email_address_query=EXAMPLE.ORG", ["bob"]],
      ["phone_number_query=0100", ["bob"]],
      ["username_query=patra", ["cleo"]],
      ["name_query=da%20love", ["ada"]],
      ["banned=true", ["ada"]],
      ["banned=false", ["dora", "cleo", "bob"]],
      ["provider=oauth_google&provider_user_id=g-1&provider_user_id=g-2", ["dora"]],
      [`created_at_before=${START + 2000}`, ["ada"]],
      [`created_at_after=${START + 2000}`, ["dora", "cleo"]],
      [`last_sign_in_at_after=${START}`, ["ada"]],
      [`last_sign_in_at_before=${START}`, []],
      [`last_active_at_after=${START - DAY_MS}`, ["ada"]],
      [`last_active_at_since=${START - (START % DAY_MS)}`, ["ada"]],
      [`last_active_at_before=${START - DAY_MS}`, []],
      ["email_address_query=example.com&banned=false", ["dora"]],
    ];
    for (const [query, names] of cases) {
      expect.soft(await list(query), query).toEqual(names);
      expect.soft(await count(query), query).toEqual({ object: "total_count", total_count: names.length });
    }
  });

  test("is rejected when it is invalid", async () => {
    const { clerk, request } = await startWithUsers();
    const many = Array.from({ length: 101 }, (_, n) => `user_${n}`);
    expect(await rejectionOf(clerk.users.getUserList({ userId: many }))).toEqual({
      status: 422,
      errors: ["form_param_array_size_exceeded user_id"],
    });
    for (const [query, code] of [
      ["banned=perhaps", "form_param_value_invalid"],
      ["created_at_after=yesterday", "form_param_invalid_date"],
      ["provider=oauth_google", "form_conditional_param_missing"],
      ["order_by=shoe_size", "form_param_value_invalid"],
    ]) {
      const response = await request("GET", `/v1/users?${query}`);
      expect.soft(response.status, query).toBe(422);
      expect.soft(await response.json(), query).toMatchObject({ errors: [{ code }] });
    }
  });
});

describe("the order of the user list", () => {
  test("is newest first, or by any documented field with missing values last", async () => {
    const { list } = await startWithUsers();
    const cases: [query: string, names: string[]][] = [
      ["", ["dora", "cleo", "bob", "ada"]],
      ["order_by=%2Bcreated_at", ["ada", "bob", "cleo", "dora"]],
      ["order_by=+created_at", ["ada", "bob", "cleo", "dora"]],
      ["order_by=created_at&order_by=-username", ["ada", "bob", "cleo", "dora"]],
      ["order_by=email_address&query=example", ["ada", "bob", "dora"]],
      ["order_by=-email_address&query=example", ["dora", "bob", "ada"]],
      ["order_by=first_name&limit=2", ["ada", "cleo"]],
      ["order_by=-last_name&limit=1", ["ada"]],
      ["order_by=-username&limit=1", ["cleo"]],
      ["order_by=web3wallet&limit=1", ["cleo"]],
      ["order_by=-phone_number&limit=1", ["bob"]],
      ["order_by=-last_sign_in_at&limit=1", ["ada"]],
      ["order_by=-last_active_at&limit=1", ["ada"]],
      ["order_by=updated_at&limit=2", ["bob", "cleo"]],
    ];
    for (const [query, names] of cases) expect.soft(await list(query), query).toEqual(names);
  });
});

describe("paging of the user list", () => {
  test("returns ten users by default, and also for a limit above 500", async () => {
    const { emulator, clerk } = await startEmulator();
    for (let n = 0; n < 12; n += 1) emulator.dashboard.createUser({ username: `user-${n}` });
    expect((await clerk.users.getUserList()).data).toHaveLength(10);
    expect((await clerk.users.getUserList({ limit: 500 })).data).toHaveLength(12);
    expect((await clerk.users.getUserList({ limit: 501 })).data).toHaveLength(10);
    expect((await clerk.users.getUserList({ limit: 5, offset: 10 })).data).toHaveLength(2);
  });

  test("with a cursor returns every user once, also with equal creation times and while users are created and deleted", async () => {
    const { emulator, list, ids } = await startWithUsers();
    expect(await list("limit=2")).toEqual(["dora", "cleo"]);
    emulator.dashboard.createUser({ username: "newcomer" });
    emulator.dashboard.deleteUser(ids.bob);
    expect(await list(`limit=2&starting_after=${ids.cleo}`)).toEqual(["ada"]);
    expect(await list(`order_by=%2Bcreated_at&limit=2&starting_after=${ids.ada}`)).toEqual(["cleo", "dora"]);

    const twins = await startEmulator({ now: () => START });
    const all = Array.from({ length: 7 }, (_, n) => twins.emulator.dashboard.createUser({ username: `twin-${n}` }).id);
    const seen: string[] = [];
    for (let after = ""; seen.length < all.length; after = seen.at(-1) ?? "") {
      const page = await twins.request("GET", `/v1/users?limit=2&starting_after=${after}`);
      const users = z
        .array(z.object({ id: z.string() }))
        .min(1)
        .parse(await page.json());
      seen.push(...users.map(({ id }) => id));
    }
    expect(seen.toSorted()).toEqual(all.toSorted());
  });

  test("with a cursor rejects an offset, another order and an unknown user", async () => {
    const { request, ids } = await startWithUsers();
    for (const [query, code] of [
      [`starting_after=${ids.ada}&offset=1`, "form_conditional_param_disallowed"],
      [`starting_after=${ids.ada}&order_by=-updated_at`, "form_conditional_param_disallowed"],
      ["starting_after=user_unknown", "form_resource_not_found"],
    ]) {
      const response = await request("GET", `/v1/users?${query}`);
      expect.soft(response.status, query).toBe(422);
      expect.soft(await response.json(), query).toMatchObject({
        errors: [{ code, meta: { param_name: "starting_after" } }],
      });
    }
  });
});
