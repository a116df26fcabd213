import { z } from "zod";
import { userChangesSchema, userIdSchema, userSchema } from "./user.ts";

/**
 * The three events on the events topic. The value of a record is one event as JSON; its key is the user's id.
 * `timestamp` is ISO 8601 in UTC: when the change happened in Clerk (in `user.created`, when Clerk created the user).
 * `eventId` never differs for the same change, so consumers can use it as an idempotency key.
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
  /** The last known email addresses; empty for a user that the bridge did not know. */
  data: z.object({ id: userIdSchema, emailAddress: z.array(z.string()) }),
});

export const userEventSchema = z.discriminatedUnion("eventType", [
  userCreatedSchema,
  userUpdatedSchema,
  userDeletedSchema,
]);
export type UserEvent = z.infer<typeof userEventSchema>;
export type UserEventType = UserEvent["eventType"];

/** Grows when a consumer of the earlier version could misread an event. Further fields and further origins do not count. */
const contractVersion = 1;

/** The header `ce_dataschema` of an event, and the `$id` of its JSON Schema. */
export const dataSchemaOf = (eventType: UserEventType): string =>
  `urn:clerk-kafka-bridge:${eventType}:${contractVersion}`;
