import { z } from "zod";
import { userChangesSchema, userIdSchema, userSchema } from "./user.ts";
import { parse, v5 as uuidv5 } from "uuid";

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

/** Namespace of this project's event ids; changing it would give every change a new id. */
const namespace = parse("b6a3c7a0-5d0e-5f4e-9a55-0d3b8f1f7c11");

/** The id of an event, made from the change alone, so that the same change has the same id by every road and after every crash. */
export const eventIdOf = (userId: string, eventType: UserEventType, ...change: (string | number)[]): string =>
  uuidv5(JSON.stringify([userId, eventType, ...change]), namespace);
