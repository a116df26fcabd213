import { describe, expect, test } from "vitest";
import type { Message } from "../../domain/message.ts";
import { optionalFields } from "../../domain/user.ts";
import { readEnvironment } from "../../shared/environment.ts";
import { EVENT_FIELDS_ENVIRONMENT } from "./optional-fields.ts";
import { parseChange } from "./parse-change.ts";
import { stripUser } from "./user-json.ts";

const json = {
  id: "user_1",
  first_name: "Ada",
  primary_email_address_id: "idn_2",
  email_addresses: [
    { id: "idn_1", email_address: "a@x.com", verification: { status: "verified", strategy: "email_code", nonce: "n" } },
    { id: "idn_2", email_address: "b@x.com", verification: { status: "verified" } },
    { id: "idn_3", email_address: "c@x.com", verification: { status: "unverified" } },
    { id: "idn_4", email_address: "d@x.com", verification: null },
  ],
  primary_phone_number_id: "idn_6",
  phone_numbers: [
    { id: "idn_5", phone_number: "+15550100", backup_codes: ["secret"] },
    { id: "idn_6", phone_number: "+15550101" },
  ],
  external_id: "crm-7",
  image_url: "https://img.clerk.com/x",
  public_metadata: { role: "admin", plan: { seats: 3 } },
  private_metadata: { salary: 1 },
  banned: false,
  locked: true,
  created_at: 1_000,
  updated_at: 2_000,
};

const messageOf = (changes: object, fields = optionalFields): Message => ({
  id: "msg_1",
  source: "webhook",
  type: "user.updated",
  receivedAt: 1,
  readAt: 0,
  ...stripUser({ ...json, ...changes }, fields),
});
const read = (changes: object = {}, fields = optionalFields) => parseChange(messageOf(changes, fields), fields);

test("every optional field is read from Clerk's user, with primary numbers and addresses first", () => {
  expect(read()).toMatchObject({
    change: {
      isPartial: false,
      user: {
        externalId: "crm-7",
        phoneNumbers: ["+15550101", "+15550100"],
        imageUrl: "https://img.clerk.com/x",
        publicMetadata: { role: "admin", plan: { seats: 3 } },
        banned: false,
        locked: true,
        emailVerified: ["b@x.com", "a@x.com"],
        createdAt: "1970-01-01T00:00:01.000Z",
      },
    },
  });
});

test("what Clerk does not have is empty", () => {
  const empty = {
    external_id: null,
    phone_numbers: [],
    image_url: "",
    public_metadata: null,
    banned: null,
    locked: null,
  };
  expect(read({ ...empty, email_addresses: [] })).toMatchObject({
    change: {
      user: {
        externalId: "",
        phoneNumbers: [],
        imageUrl: "",
        publicMetadata: {},
        banned: false,
        locked: false,
        emailVerified: [],
      },
    },
  });
});

test.for(optionalFields)("with the field %s, nothing that the other fields need reaches the queue", (field) => {
  const queued = JSON.stringify(messageOf({}, [field]));
  expect(queued).not.toMatch(/salary|secret|nonce|email_code/);
  expect(queued.includes("+15550100")).toBe(field === "phoneNumbers");
  expect(queued.includes("crm-7")).toBe(field === "externalId");
  expect(queued.includes("seats")).toBe(field === "publicMetadata");
  expect(queued.includes("img.clerk.com")).toBe(field === "imageUrl");
  expect(queued.includes("unverified")).toBe(field === "emailVerified");
  expect(Object.keys(read({}, [field]))).toEqual(["outcome", "change"]);
});

test("a message that was reduced to fewer fields is partial, and one that has more fields is not", () => {
  const partial = parseChange(messageOf({}, ["externalId"]), ["externalId", "banned"]);
  expect(partial).toMatchObject({ change: { isPartial: true } });
  const complete = parseChange(messageOf({}), ["banned"]);
  expect(complete).toMatchObject({ change: { isPartial: false, user: { banned: false } } });
  expect(complete).not.toMatchObject({ change: { user: { externalId: "crm-7" } } });
});

describe("a field that cannot be published is malformed, with a clear reason that has no value of it", () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  test.for<[name: string, changes: object, reason: string]>([
    ["large metadata", { public_metadata: { a: "x".repeat(32_768) } }, "public_metadata: more than 32768 characters"],
    ["deep metadata", { public_metadata: { a: nested(100) } }, "public_metadata: nested more than 100 deep"],
    ["very deep metadata", { public_metadata: { a: nested(4_000) } }, "public_metadata: nested more than 100 deep"],
    ["a long address", { image_url: `https://${"x".repeat(4_096)}` }, "image_url: more than 4096 characters"],
    [
      "a number of another type",
      { phone_numbers: [{ phone_number: 7 }] },
      "phone_numbers.0.phone_number: invalid_type",
    ],
  ])("%s", ([, changes, reason]) => {
    expect(read(changes)).toEqual({ outcome: "malformed", reason });
    expect(read(changes, ["banned"])).toMatchObject({ outcome: "read" });
  });

  test("metadata of the greatest depth is published", () => {
    expect(read({ public_metadata: { a: nested(99) } })).toMatchObject({ outcome: "read" });
  });
});

test("half of a surrogate pair in metadata becomes U+FFFD, in keys too, and a whole pair and a backslash stay", () => {
  const metadata = { "k\ud800": ["\udc00x", "😀", String.raw`\ud800`] };
  expect(read({ public_metadata: metadata })).toMatchObject({
    change: { user: { publicMetadata: { "k\ufffd": ["\ufffdx", "😀", String.raw`\ud800`] } } },
  });
});

test("a key __proto__ of the metadata is left out, because stores and consumers cannot keep it: the user would differ for ever", () => {
  const metadata: unknown = JSON.parse('{"__proto__": {"admin": true}, "plan": "gold"}');
  const found = read({ public_metadata: metadata });
  expect(found).toMatchObject({ change: { user: { publicMetadata: { plan: "gold" } } } });
  expect(JSON.stringify(found)).not.toContain("admin");
});

describe("EVENT_FIELDS", () => {
  const parse = (text: string | undefined) => readEnvironment(EVENT_FIELDS_ENVIRONMENT, { EVENT_FIELDS: text });

  test("is empty by default, and its order and repetitions do not matter", () => {
    expect(parse(undefined).EVENT_FIELDS).toEqual([]);
    expect(parse("locked, externalId,locked").EVENT_FIELDS).toEqual(["externalId", "locked"]);
  });

  test("with an unknown field is refused, with the fields that there are", () => {
    expect(() => parse("externalId,ExternalId,toString")).toThrow(
      "EVENT_FIELDS: ExternalId, toString: no such field; there are externalId, phoneNumbers, imageUrl, publicMetadata, banned, locked, emailVerified, createdAt",
    );
  });
});
