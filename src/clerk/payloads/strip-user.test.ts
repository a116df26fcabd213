import { expect, test } from "vitest";
import { stripUser } from "./strip-user.ts";

test("Of a user only what the bridge needs is kept", () => {
  const stripped = stripUser({
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
  });
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
  expect(stripUser({ id: "user_1", object: "user", deleted: true })).toEqual({ id: "user_1", deleted: true });
});

test("missing fields stay missing, and unexpected values stay unchanged, so that the worker can report them", () => {
  expect(stripUser({ id: 7 })).toEqual({ id: 7 });
  expect(stripUser({ email_addresses: "none", public_metadata: null })).toEqual({
    email_addresses: "none",
    public_metadata: null,
  });
  expect(stripUser({ email_addresses: [null, "a@x.com", ["b"]] })).toEqual({
    email_addresses: [null, "a@x.com", ["b"]],
  });
});

test("Its argument is not changed", () => {
  const data = { id: "user_1", private_metadata: {}, email_addresses: [{ id: "idn_1", linked_to: [] }] };
  const copy = structuredClone(data);
  stripUser(data);
  expect(data).toEqual(copy);
});
