import { type OptionalField, type User, userIdSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import { defaultRole } from "../../domain/user.ts";

/** Milliseconds since the epoch, up to the year 9999, the last year that ISO 8601 writes with four digits. */
export const timeSchema = z.int().min(0).max(253_402_300_799_999);

/** The fields of Clerk's UserJSON that the bridge needs, from webhooks and the Backend API. Times are in ms. */
export const userJsonSchema = z.object({
  id: userIdSchema,
  username: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  primary_email_address_id: z.string().nullish(),
  // Clerk's own schema requires no id of an address.
  email_addresses: z.array(z.object({ id: z.string().nullish(), email_address: z.string() })),
  public_metadata: z.object({ role: z.unknown() }).partial().nullish(),
  created_at: timeSchema,
  updated_at: timeSchema,
});
export type UserJson = z.infer<typeof userJsonSchema>;

/**
 * Clerk's user as consumers see it, without the optional fields: null becomes `""`, the primary address comes first, a missing role becomes `user`, and half of a
 * surrogate pair, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function userFromJson(json: UserJson): User {
  const role = json.public_metadata?.role;
  return {
    id: json.id,
    firstName: (json.first_name ?? "").toWellFormed(),
    lastName: (json.last_name ?? "").toWellFormed(),
    username: (json.username ?? "").toWellFormed(),
    emailAddress: primaryFirst(json.email_addresses, json.primary_email_address_id).map((address) =>
      address.email_address.toWellFormed(),
    ),
    role: typeof role === "string" && role !== "" ? role.toWellFormed() : defaultRole,
  };
}

interface Identified {
  readonly id?: string | null | undefined;
}

/** The addresses or numbers of a user, the primary one first. */
export function primaryFirst<Item extends Identified>(
  items: readonly Item[],
  primary: string | null | undefined,
): Item[] {
  const isPrimary = ({ id }: Identified) => typeof primary === "string" && id === primary;
  return items.toSorted((a, b) => Number(isPrimary(b)) - Number(isPrimary(a)));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const pick = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
const eachRecord = (items: unknown, keep: (item: Record<string, unknown>) => Record<string, unknown>) =>
  Array.isArray(items) ? items.map((item: unknown) => (isRecord(item) ? keep(item) : item)) : items;
const statusOf = (verification: unknown) => (isRecord(verification) ? pick(verification, ["status"]) : verification);

const keptNames = [...Object.keys(userJsonSchema.shape), "deleted"];
/** What the optional fields need beside them. */
const keptNamesFor: Partial<Record<OptionalField, readonly string[]>> = {
  externalId: ["external_id"],
  phoneNumbers: ["phone_numbers", "primary_phone_number_id"],
  imageUrl: ["image_url"],
  banned: ["banned"],
  locked: ["locked"],
};

/** A user as Clerk sent it, reduced to what the bridge needs. */
export interface StrippedUser {
  readonly data: Record<string, unknown>;
  /** The optional fields that `data` is sufficient for; absent when there are none. */
  readonly fields?: readonly OptionalField[];
}

/**
 * Keeps only the fields of a Clerk user that the bridge needs: private and unsafe metadata, backup codes, sign-in addresses and fields
 * that are not published never reach the queue. It does not validate: a kept field with an unexpected value stays unchanged, so that the
 * worker can report the error.
 */
export function stripUser(user: Record<string, unknown>, fields: readonly OptionalField[]): StrippedUser {
  const data = pick(user, [...keptNames, ...fields.flatMap((field) => keptNamesFor[field] ?? [])]);
  if ("email_addresses" in data) {
    data["email_addresses"] = eachRecord(data["email_addresses"], (address) => ({
      ...pick(address, ["id", "email_address"]),
      ...(fields.includes("emailVerified") && { verification: statusOf(address["verification"]) }),
    }));
  }
  if ("phone_numbers" in data) {
    data["phone_numbers"] = eachRecord(data["phone_numbers"], (number) => pick(number, ["id", "phone_number"]));
  }
  const metadata = data["public_metadata"];
  if (isRecord(metadata) && !fields.includes("publicMetadata")) data["public_metadata"] = pick(metadata, ["role"]);
  return { data, ...(fields.length > 0 && { fields }) };
}
