import { z } from "zod";
import { changeSources } from "./change.ts";

/** The Clerk message types that the bridge turns into events. Clerk sends many more. */
export const bridgedTypes = ["user.created", "user.updated", "user.deleted"] as const;

/**
 * A message in its shard's queue: what Clerk reported about one user, reduced to the fields that the bridge needs. The
 * worker, not this schema, checks `data`: a message with unusable data must become a dead letter instead of being refused.
 */
export const messageSchema = z.object({
  /** The `svix-id` of a webhook; an id made by the bridge for every other source. */
  id: z.string().min(1),
  source: z.enum(changeSources),
  type: z.enum(bridgedTypes),
  /** When the change happened according to the sender, in the sender's unit. */
  timestamp: z.number().optional(),
  /** By the bridge's clock, in ms. */
  receivedAt: z.int().nonnegative(),
  /** When the bridge read the data from Clerk's API, in ms by the bridge's clock; 0 for data that Clerk sent. */
  readAt: z.int().nonnegative().default(0),
  /** W3C trace context of the sender, if it had one. */
  traceparent: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
  /** The optional fields of the user that `data` is sufficient for; none when absent. A field that a later release knows does not count. */
  fields: z.array(z.string()).readonly().optional(),
});
export type Message = z.infer<typeof messageSchema>;

/** The data of a BullMQ job: one message, or several that arrived while an earlier job was being written. */
export const jobDataSchema = z.object({ messages: z.array(z.unknown()).min(1) });
