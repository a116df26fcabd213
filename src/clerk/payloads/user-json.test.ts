import { describe, expect, test } from "vitest";
import { type UserJson, stripUser, userFromJson, userJsonSchema } from "./user-json.ts";

const json: UserJson = {
  id: "user_1",
  username: "ada",
  first_name: "Ada",
  last_name: "Lovelace",
  primary_email_address_id: "idn_2",
  email_addresses: [
    { id: "idn_1", email_address: "one@x.com" },
    { id: "idn_2", email_address: "two@x.com" },
    { id: "idn_3", email_address: "three@x.com" },
  ],
  public_metadata: { role: "admin" },
  created_at: 1,
  updated_at: 2,
};

describe("Clerk's user becomes the published one:", () => {
  test("the primary address comes first, and the others stay in order", () => {
    expect(userFromJson(json)).toEqual({
      id: "user_1",
      firstName: "Ada",
      lastName: "Lovelace",
      username: "ada",
      emailAddress: ["two@x.com", "one@x.com", "three@x.com"],
      role: "admin",
    });
  });

  test("without a primary address all stay in order", () => {
    const inOrder = ["one@x.com", "two@x.com", "three@x.com"];
    expect(userFromJson({ ...json, primary_email_address_id: null }).emailAddress).toEqual(inOrder);
    expect(userFromJson({ ...json, primary_email_address_id: "idn_9" }).emailAddress).toEqual(inOrder);
  });

  test("nulls and what is missing are empty, and a user may have no address", () => {
    const bare = userJsonSchema.parse({ id: "user_1", email_addresses: [], created_at: 1, updated_at: 2 });
    const empty = { id: "user_1", firstName: "", lastName: "", username: "", emailAddress: [], role: "user" };
    expect(userFromJson(bare)).toEqual(empty);
    expect(userFromJson({ ...bare, username: null, first_name: null, last_name: null, public_metadata: null })).toEqual(
      empty,
    );
  });

  test("an address needs no id, and is never taken for the primary one without", () => {
    const withoutIds = [{ email_address: "one@x.com" }, { id: null, email_address: "two@x.com" }];
    for (const primary_email_address_id of ["idn_1", null, undefined]) {
      const parsed = userJsonSchema.parse({ ...json, primary_email_address_id, email_addresses: withoutIds });
      expect(userFromJson(parsed).emailAddress).toEqual(["one@x.com", "two@x.com"]);
    }
  });

  test.for([undefined, null, "", 7, ["admin"], { name: "admin" }])("a role of %j is the role `user`", (role) => {
    expect(userFromJson({ ...json, public_metadata: { role } }).role).toBe("user");
  });
});

test("Of a user only what the bridge needs is kept", () => {
  const { data: stripped } = stripUser(
    {
      id: "user_1",
      object: "user",
      first_name: "Ada",
      last_name: null,
      username: "ada",
      primary_email_address_id: "idn_1",
      email_addresses: [{ id: "idn_1", email_address: "a@x.com", verification: { status: "verified" }, linked_to: [] }],
      phone_numbers: [{ phone_number: "+15550100", backup_codes: ["1"] }],
      external_accounts: [{ provider: "google" }],
      last_sign_in_at: 3,
      public_metadata: { role: "admin", plan: "pro" },
      private_metadata: { salary: 1 },
      unsafe_metadata: { theme: "dark" },
      created_at: 1,
      updated_at: 2,
    },
    [],
  );
  expect(stripped).toEqual({
    id: "user_1",
    first_name: "Ada",
    last_name: null,
    username: "ada",
    primary_email_address_id: "idn_1",
    email_addresses: [{ id: "idn_1", email_address: "a@x.com" }],
    public_metadata: { role: "admin" },
    created_at: 1,
    updated_at: 2,
  });
});

test("A deleted user keeps its id and that it is deleted", () => {
  expect(stripUser({ id: "user_1", object: "user", deleted: true }, []).data).toEqual({ id: "user_1", deleted: true });
});

test("missing fields stay missing, and unexpected values stay unchanged, so that the worker can report them", () => {
  expect(stripUser({ id: 7 }, []).data).toEqual({ id: 7 });
  expect(stripUser({ email_addresses: "none", public_metadata: null }, []).data).toEqual({
    email_addresses: "none",
    public_metadata: null,
  });
  expect(stripUser({ email_addresses: [null, "a@x.com", ["b"]] }, []).data).toEqual({
    email_addresses: [null, "a@x.com", ["b"]],
  });
});

test("Its argument is not changed", () => {
  const data = { id: "user_1", private_metadata: {}, email_addresses: [{ id: "idn_1", linked_to: [] }] };
  const copy = structuredClone(data);
  stripUser(data, []);
  expect(data).toEqual(copy);
});

test("half of a surrogate pair becomes U+FFFD, and NUL and whole pairs stay", () => {
  const broken = userJsonSchema.parse({
    id: "user_1",
    first_name: "A\uD800",
    last_name: "\uDC00B\u0000",
    username: "😀\uD83D",
    email_addresses: [{ email_address: "a\uDFFF@example.com" }],
    public_metadata: { role: "r\uD800" },
    created_at: 1,
    updated_at: 1,
  });
  expect(userFromJson(broken)).toEqual({
    id: "user_1",
    firstName: "A\uFFFD",
    lastName: "\uFFFDB\u0000",
    username: "😀\uFFFD",
    emailAddress: ["a\uFFFD@example.com"],
    role: "r\uFFFD",
  });
});
