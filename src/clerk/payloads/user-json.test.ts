import { describe, expect, test } from "vitest";
import { userFromJson, type UserJson, userJsonSchema } from "./user-json.ts";

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
