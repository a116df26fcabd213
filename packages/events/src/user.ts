import { z } from "zod";

/** Clerk's ids are printable ASCII without spaces. The bridge's own keys in the state topic contain a space, so the two never collide. */
export const userIdSchema = z.string().regex(/^[!-~]{1,255}$/);

/**
 * The fields that the bridge publishes only when its `EVENT_FIELDS` names them. A field that is null in Clerk is `""`, or an empty list
 * or object.
 */
export const optionalFieldsSchema = z.object({
  externalId: z.string(),
  /** The primary number first. */
  phoneNumbers: z.array(z.string()),
  imageUrl: z.string(),
  publicMetadata: z.record(z.string(), z.unknown()),
  banned: z.boolean(),
  locked: z.boolean(),
  /** The verified ones of `emailAddress`, in the same order. */
  emailVerified: z.array(z.string()),
  createdAt: z.iso.datetime(),
});
export type OptionalField = keyof typeof optionalFieldsSchema.shape;

/**
 * A user as the bridge publishes it in `user.created` and in the state topic; `changes` of `user.updated` holds some of
 * its fields. A field that is null in Clerk is `""`. `emailAddress` starts with the primary address and may be empty.
 */
export const userSchema = z.object({
  id: userIdSchema,
  firstName: z.string(),
  lastName: z.string(),
  username: z.string(),
  emailAddress: z.array(z.string()),
  role: z.string(),
  ...optionalFieldsSchema.partial().shape,
});
export type User = z.infer<typeof userSchema>;

/** The fields of a user that can change. */
export const userChangesSchema = userSchema.omit({ id: true }).partial();
export type UserChanges = z.infer<typeof userChangesSchema>;

/** The value of a record of the state topic: a user with the times of creation and of the latest update in Clerk, ISO 8601 in UTC. */
export const userStateSchema = userSchema.extend({ createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() });
export type UserState = z.infer<typeof userStateSchema>;
