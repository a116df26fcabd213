import { z } from "zod";
import { changeSources } from "./change.ts";

/** The message types that the bridge turns into events. Clerk sends many more. */
export const bridgedTypes = ["user.created", "user.updated", "user.deleted"] as const;

/**
 * One message as it waits in its shard's queue: what Clerk said about one user, stripped to what is needed.
 * `data` is checked by the worker, not here: a message that cannot be decided must reach the dead letters, not be refused.
 */
export const messageSchema = z.object({
  /** `svix-id` of a webhook; for other roads an id of our own. */
  id: z.string().min(1),
  source: z.enum(changeSources),
  type: z.enum(bridgedTypes),
  /** When the change happened by the sender's word, in whatever unit it came. */
  timestamp: z.number().optional(),
  /** Our clock, ms. */
  receivedAt: z.int().nonnegative(),
  /** When the data was read from Clerk on purpose, ms by our clock; 0 for what Clerk sent by itself. */
  readAt: z.int().nonnegative().default(0),
  /** W3C trace context, when the sender had one. */
  traceparent: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type Message = z.infer<typeof messageSchema>;

/** What one BullMQ job carries: one message, or several that arrived while an earlier job was being written. */
export const jobDataSchema = z.object({ messages: z.array(z.unknown()).min(1) });
