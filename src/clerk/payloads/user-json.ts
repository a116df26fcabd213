import { z } from "zod";
import { defaultRole, type User, userIdSchema } from "../../domain/user.ts";

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

/** Clerk's user as consumers see it: null becomes `""`, the primary address comes first, a missing role becomes `user`. */
export function userFromJson(json: UserJson): User {
  const primary = json.primary_email_address_id ?? undefined;
  const isPrimary = ({ id }: { id?: string | null | undefined }) => primary !== undefined && id === primary;
  const role = json.public_metadata?.role;
  return {
    id: json.id,
    firstName: json.first_name ?? "",
    lastName: json.last_name ?? "",
    username: json.username ?? "",
    emailAddress: json.email_addresses
      .toSorted((a, b) => Number(isPrimary(b)) - Number(isPrimary(a)))
      .map((address) => address.email_address),
    role: typeof role === "string" && role !== "" ? role : defaultRole,
  };
}
