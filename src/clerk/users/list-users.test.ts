import { expect, test } from "vitest";
import { openClerkApi } from "../../../test/support/clerk/open-clerk-api.ts";
import { countUsers, listUsers } from "./list-users.ts";

test("lists and the SDK ask for the same version of Clerk's API", async () => {
  const { clerk, faulty, user } = await openClerkApi();
  await listUsers(clerk, { limit: 1 });
  await clerk.read("users.get", ({ users }) => users.getUser(user.id));
  const [own, sdk] = faulty.requests.map(({ apiVersion }) => apiVersion);
  expect(own).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(own).toBe(sdk);
});

test("a user that the SDK's classes cannot hold is in the list", async () => {
  const { clerk, faulty } = await openClerkApi();
  const address = { object: "email_address", email_address: "odd@example.com" };
  const times = { created_at: 1, updated_at: 2 };
  const odd = { object: "user", id: "user_odd", email_addresses: [address], external_accounts: null, ...times };
  faulty.failWhen(() => ({ kind: "answer", status: 200, body: JSON.stringify([odd]) }));
  await expect(clerk.read("sdk", ({ users }) => users["request"]({ method: "GET", path: "/users" }))).rejects.toThrow(
    "Clerk cannot be reached",
  );
  expect(await listUsers(clerk, { limit: 10 })).toMatchObject({ ids: ["user_odd"], users: [{ id: "user_odd" }] });
});

test("a list whose content type names a character set is a list", async () => {
  const { clerk, faulty } = await openClerkApi();
  const headers = { "content-type": "application/json; charset=utf-8" };
  faulty.failWhen(() => ({ kind: "answer", status: 200, headers, body: "[]" }));
  expect(await listUsers(clerk, { limit: 10 })).toEqual({ ids: [], users: [] });
});

test("a truncated list is no list, and is read again", async () => {
  const { clerk, faulty, user } = await openClerkApi();
  faulty.failWhen(() => (faulty.requests.length === 1 ? { kind: "answer", status: 200, body: "[{" } : undefined));
  expect((await listUsers(clerk, { limit: 10 })).ids).toEqual([user.id]);
});

test("filters reach Clerk in its spelling", async () => {
  const { clerk, faulty, user } = await openClerkApi();
  const filter = { emailAddress: ["a@example.com", "b+c@example.com"], nameQuery: "Ada & Bob" };
  await countUsers(clerk, filter);
  await listUsers(clerk, { ...filter, limit: 3, startingAfter: user.id });
  const queries = faulty.requests.map(({ path }) => Array.from(new URL(path, "http://clerk").searchParams));
  const asked = [
    ["email_address", "a@example.com"],
    ["email_address", "b+c@example.com"],
    ["name_query", "Ada & Bob"],
  ];
  expect(queries).toEqual([
    asked,
    [["order_by", "-created_at"], ...asked, ["limit", "3"], ["starting_after", user.id]],
  ]);
});
