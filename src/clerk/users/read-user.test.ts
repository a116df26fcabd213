import { expect, test } from "vitest";
import { type ClerkRequest, clerkError, type Fault } from "../../../test/support/clerk/faulty-clerk.ts";
import { openClerkApi } from "../../../test/support/clerk/open-clerk-api.ts";
import { ClerkUnavailableError } from "../client/clerk-errors.ts";
import type { InstanceCheck } from "../client/clerk-instance.ts";
import { createUserReader } from "./read-user.ts";

async function openReader(check: () => Promise<InstanceCheck> = async () => ({ outcome: "same" })) {
  const opened = await openClerkApi();
  const read = createUserReader(opened.clerk, { check }, { eventFields: [], now: () => 42 });
  return { ...opened, read };
}

const isAboutOne = ({ path }: ClerkRequest) => path.startsWith("/users/user_");
const notFound = clerkError(404, "resource_not_found");

test("a user is found, with the time at which it was read", async () => {
  const { read, user } = await openReader();
  expect(await read(user.id)).toMatchObject({ outcome: "found", readAt: 42, data: { id: user.id } });
});

test("a user is missing when Clerk does not know the id, and its list does not have the user either", async () => {
  const { read, faulty } = await openReader();
  expect(await read("user_unknown")).toEqual({ outcome: "missing" });
  expect(faulty.requests.map(({ path }) => path)).toEqual([
    "/users/user_unknown",
    expect.stringMatching(/^\/users\?.*user_id=user_unknown/),
  ]);
});

test("an id that no user of Clerk's can have is missing without a request", async () => {
  const { read, faulty } = await openReader();
  expect(await read("../users")).toEqual({ outcome: "missing" });
  expect(faulty.requests).toEqual([]);
});

test.for<[what: string, fault: (request: ClerkRequest) => Fault | undefined]>([
  ["the key is rejected", () => clerkError(401, "clerk_key_invalid")],
  ["the connection breaks", () => ({ kind: "cut" })],
  [
    "a proxy answers 404",
    () => ({ kind: "answer", status: 404, headers: { "content-type": "text/html" }, body: "no" }),
  ],
  ["a proxy answers 404 with an error of its own", () => clerkError(404, "route_not_found")],
  ["every path is 404, as under a wrong address", () => notFound],
  ["only the user is 404, and Clerk's list has the user", (request) => (isAboutOne(request) ? notFound : undefined)],
  ["the list is not answered", (request) => (isAboutOne(request) ? notFound : { kind: "answer", status: 500 })],
  ["the list is no list", (request) => (isAboutOne(request) ? notFound : { kind: "answer", status: 200, body: "{}" })],
])("a user is unavailable, not missing, when %s", async ([, fault]) => {
  const { read, faulty, user } = await openReader();
  faulty.failWhen(fault);
  expect(await read(user.id)).toEqual({ outcome: "unavailable", reason: expect.stringMatching(/\S/) });
});

test("a user is unavailable, not missing, when the key belongs to another instance", async () => {
  const { read } = await openReader(async () => ({ outcome: "changed", known: "ins_1", current: "ins_2" }));
  expect(await read("user_unknown")).toEqual({
    outcome: "unavailable",
    reason: "the secret key belongs to ins_2, not to ins_1",
  });
});

test("a user is unavailable, not missing, while Clerk does not answer which instance the key belongs to", async () => {
  const { read } = await openReader(() => Promise.reject(new ClerkUnavailableError("Clerk is unavailable")));
  expect(await read("user_unknown")).toEqual({ outcome: "unavailable", reason: "Clerk is unavailable" });
});

test("a user is missing although the key may not read its instance", async () => {
  const { read } = await openReader(async () => ({ outcome: "unknown", reason: "403" }));
  expect(await read("user_unknown")).toEqual({ outcome: "missing" });
});
