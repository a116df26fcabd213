import { type User, userIdSchema } from "@clerk-kafka-bridge/events";
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
 * Clerk's user as consumers see it: null becomes `""`, the primary address comes first, a missing role becomes `user`, and half of a
 * surrogate pair, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function userFromJson(json: UserJson): User {
  const primary = json.primary_email_address_id ?? undefined;
  const isPrimary = ({ id }: { id?: string | null | undefined }) => primary !== undefined && id === primary;
  const role = json.public_metadata?.role;
  return {
    id: json.id,
    firstName: (json.first_name ?? "").toWellFormed(),
    lastName: (json.last_name ?? "").toWellFormed(),
    username: (json.username ?? "").toWellFormed(),
    emailAddress: json.email_addresses
      .toSorted((a, b) => Number(isPrimary(b)) - Number(isPrimary(a)))
      .map((address) => address.email_address.toWellFormed()),
    role: typeof role === "string" && role !== "" ? role.toWellFormed() : defaultRole,
  };
}

const keptFields = [...Object.keys(userJsonSchema.shape), "deleted"];
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const pick = (from: Record<string, unknown>, fields: readonly string[]) =>
  Object.fromEntries(fields.filter((field) => field in from).map((field) => [field, from[field]]));

/**
 * Keeps only the fields of a Clerk user that the bridge needs: private and unsafe metadata, phone numbers, backup codes and sign-in
 * addresses never reach the queue. It does not validate: a kept field with an unexpected value stays unchanged, so that the worker
 * can report the error.
 */
export function stripUser(data: Record<string, unknown>): Record<string, unknown> {
  const kept = pick(data, keptFields);
  if (Array.isArray(kept["email_addresses"])) {
    kept["email_addresses"] = kept["email_addresses"].map((address: unknown) =>
      isRecord(address) ? pick(address, ["id", "email_address"]) : address,
    );
  }
  const metadata = kept["public_metadata"];
  if (isRecord(metadata)) kept["public_metadata"] = pick(metadata, ["role"]);
  return kept;
}
