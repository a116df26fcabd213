import { z } from "zod";
import { userChangesSchema, userIdSchema, userSchema } from "./user.ts";

/**
 * The three events on the events topic. The value of each record is one of these as JSON; the key is the user's id.
 * `timestamp` is ISO 8601 in UTC: when the change happened in Clerk (for a first sight, when Clerk created the user).
 * `eventId` is the same for the same change, always: the idempotency key for whoever writes elsewhere.
 */
const envelope = <Type extends string>(eventType: Type) => ({
  eventId: z.uuid(),
  eventType: z.literal(eventType),
  timestamp: z.iso.datetime(),
});

export const userCreatedSchema = z.object({ ...envelope("user.created"), data: userSchema });
export const userUpdatedSchema = z.object({
  ...envelope("user.updated"),
  data: z.object({ id: userIdSchema, changes: userChangesSchema }),
});
export const userDeletedSchema = z.object({
  ...envelope("user.deleted"),
  /** The last addresses known; empty when the user was never seen before. */
  data: z.object({ id: userIdSchema, emailAddress: z.array(z.string()) }),
});

export const userEventSchema = z.discriminatedUnion("eventType", [
  userCreatedSchema,
  userUpdatedSchema,
  userDeletedSchema,
]);
export type UserEvent = z.infer<typeof userEventSchema>;
export type UserEventType = UserEvent["eventType"];
