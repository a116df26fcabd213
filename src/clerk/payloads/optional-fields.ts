import type { OptionalField, User } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import { optionalFields } from "../../domain/user.ts";
import { list } from "../../shared/environment.ts";
import { primaryFirst, timeSchema } from "./user-json.ts";

export const EVENT_FIELDS_ENVIRONMENT = {
  EVENT_FIELDS: list
    .default([])
    .superRefine((names, context) => {
      const unknown = names.filter((name) => !optionalFields.some((field) => field === name));
      if (unknown.length === 0) return;
      context.addIssue(`${unknown.join(", ")}: no such field; there are ${optionalFields.join(", ")}`);
    })
    // In one order, whatever the order of the variable.
    .transform((names) => optionalFields.filter((field) => names.includes(field)))
    .describe(
      "Fields that events and states have beside the default ones, comma-separated; the same for the API, the worker and the CLI. See docs/events.md",
    ),
};

/** Clerk's `""` and null for a text. Half of a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD. */
const text = z
  .string()
  .nullish()
  .transform((value) => (value ?? "").toWellFormed());
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const idSchema = z.string().nullish();

/** Maximum number of characters of the metadata as JSON. Clerk stores 8 KB. */
const maxMetadataCharacters = 32_768;
/** Parsers of consumers, and this process, have a limit too. */
const maxMetadataDepth = 100;
const maxUrlCharacters = 4_096;

const metadata = z
  .record(z.string(), z.unknown())
  .nullish()
  .superRefine((value, context) => {
    if (isDeeperThan(value, maxMetadataDepth)) context.addIssue(`nested more than ${maxMetadataDepth} deep`);
    else if (JSON.stringify(value ?? {}).length > maxMetadataCharacters)
      context.addIssue(`more than ${maxMetadataCharacters} characters`);
  })
  .transform((value) => wellFormed(value ?? {}));

const isDeeperThan = (value: unknown, depth: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1)));

/** `JSON.stringify` escapes halves of surrogate pairs, and writes all other characters unchanged. */
const wellFormed = (value: Record<string, unknown>): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(
        JSON.stringify(value).replaceAll(/\\\\|\\ud[89a-f][\da-f]{2}/g, (escape) =>
          escape.startsWith("\\u") ? "\uFFFD" : escape,
        ),
      ),
    );

/** How each optional field is read from Clerk's user. Fails for a value that Clerk's documents do not know, and for one that is too large. */
const readers: { readonly [Field in OptionalField]: z.ZodType<NonNullable<User[Field]>> } = {
  externalId: z.object({ external_id: text }).transform((json) => json.external_id),
  phoneNumbers: z
    .object({
      primary_phone_number_id: idSchema,
      phone_numbers: z.array(z.object({ id: idSchema, phone_number: z.string() })).nullish(),
    })
    .transform(({ primary_phone_number_id: primary, phone_numbers: numbers }) =>
      primaryFirst(numbers ?? [], primary).map((number) => number.phone_number.toWellFormed()),
    ),
  imageUrl: z
    .object({
      image_url: text.refine(({ length }) => length <= maxUrlCharacters, `more than ${maxUrlCharacters} characters`),
    })
    .transform((json) => json.image_url),
  publicMetadata: z.object({ public_metadata: metadata }).transform((json) => json.public_metadata),
  banned: z.object({ banned: flag }).transform((json) => json.banned),
  locked: z.object({ locked: flag }).transform((json) => json.locked),
  emailVerified: z
    .object({
      primary_email_address_id: idSchema,
      email_addresses: z.array(
        z.object({
          id: idSchema,
          email_address: z.string(),
          verification: z.object({ status: z.unknown() }).partial().nullish(),
        }),
      ),
    })
    .transform(({ primary_email_address_id: primary, email_addresses: addresses }) =>
      primaryFirst(addresses, primary)
        .filter(({ verification }) => verification?.status === "verified")
        .map((address) => address.email_address.toWellFormed()),
    ),
  createdAt: z.object({ created_at: timeSchema }).transform((json) => new Date(json.created_at).toISOString()),
};

type OptionalFields = Partial<Pick<User, OptionalField>>;

/** Reads the optional `fields` of a user from Clerk's JSON, or says what is wrong with them. Pure. */
export function readOptionalFields(
  data: Record<string, unknown>,
  fields: readonly OptionalField[],
): { readonly read: OptionalFields; readonly issues: readonly z.core.$ZodIssue[] } {
  const read: OptionalFields = {};
  const issues: z.core.$ZodIssue[] = [];
  for (const field of fields) {
    const parsed = readers[field].safeParse(data);
    if (parsed.success) Object.assign(read, { [field]: parsed.data });
    else issues.push(...parsed.error.issues);
  }
  return { read, issues };
}
