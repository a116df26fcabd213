import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { type OptionalField, userEventSchema, type UserEventType } from "../src/index.ts";

const folder = join(import.meta.dirname, "../schemas");
const schemaSchema = z.looseObject({ $id: z.string() });
const releases = readdirSync(folder).flatMap((release) =>
  readdirSync(join(folder, release)).map((file) => ({
    release,
    type: file.replace(".schema.json", ""),
    schema: schemaSchema.parse(JSON.parse(readFileSync(join(folder, release, file), "utf8"))),
  })),
);

const id = fc.stringMatching(/^user_[0-9A-Za-z]{1,40}$/);
const text = fc.string({ unit: "grapheme" });
const fields = {
  firstName: text,
  lastName: text,
  username: text,
  emailAddress: fc.array(text),
  role: text,
};
const optional = {
  externalId: text,
  phoneNumbers: fc.array(text),
  imageUrl: text,
  publicMetadata: fc.dictionary(
    text,
    fc.json().map((json): unknown => JSON.parse(json)),
  ),
  banned: fc.boolean(),
  locked: fc.boolean(),
  emailVerified: fc.array(text),
  createdAt: fc.constant("2026-11-28T00:00:00.000Z"),
} satisfies Record<OptionalField, unknown>;
const data: Readonly<Record<UserEventType, fc.Arbitrary<unknown>>> = {
  "user.created": fc.record(
    { id, ...fields, ...optional },
    { requiredKeys: ["id", "firstName", "lastName", "username", "emailAddress", "role"] },
  ),
  "user.updated": fc.record({ id, changes: fc.record({ ...fields, ...optional }, { requiredKeys: [] }) }),
  "user.deleted": fc.record({ id, emailAddress: fc.array(text) }),
};
const isType = (name: string): name is UserEventType => name in data;

/** Events of today: whatever the bridge's own schema accepts when it writes. */
const eventOf = (type: UserEventType) =>
  fc
    .record({
      eventId: fc.uuid(),
      eventType: fc.constant(type),
      timestamp: fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-01-01") })
        .map((at) => at.toISOString()),
      data: data[type],
    })
    .map((event) => userEventSchema.parse(event));

test("the schemas of every release are kept", () => {
  expect(releases.map(({ release, type }) => `${release} ${type}`)).toEqual(
    expect.arrayContaining(["0.1.0 user.created", "0.1.0 user.updated", "0.1.0 user.deleted"]),
  );
});

test.for(releases)("every $type event of today is valid by the schema of $release", ({ type, schema }) => {
  if (!isType(type)) throw new Error(`no event of today is a ${type}`);
  const ajv = new Ajv2020({ strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  fc.assert(
    fc.property(eventOf(type), (event) => {
      validate(JSON.parse(JSON.stringify(event)));
      expect(validate.errors).toBe(null);
    }),
  );
});

test.for(releases)("every field of a $type event in $release is still there, with its type", ({ type, schema }) => {
  const today = JSON.parse(readFileSync(join(import.meta.dirname, `../../../docs/events/${type}.schema.json`), "utf8"));
  expect(today).toMatchObject(schema);
});
