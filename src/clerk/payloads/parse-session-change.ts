import { userIdSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import { occurredAt } from "./parse-change.ts";
import { timeSchema } from "./user-json.ts";

/** The analytics event of each session message. Other types, such as `session.pending`, have none. */
const eventOf = {
  "session.created": "signed_in",
  "session.ended": "signed_out",
  "session.removed": "signed_out",
  "session.revoked": "revoked",
} as const satisfies Record<string, SessionChange["event"]>;
type SessionMessageType = keyof typeof eventOf;

export const isSessionType = (type: string): type is SessionMessageType => Object.hasOwn(eventOf, type);

const messageSchema = z.object({
  timestamp: z.number().optional().catch(undefined),
  data: z.object({ user_id: userIdSchema, last_active_at: timeSchema.optional().catch(undefined) }),
});

export interface SessionMessage {
  readonly id: string;
  readonly type: SessionMessageType;
  readonly receivedAt: number;
  readonly json: unknown;
}

/** Parses a session message; undefined when it names no user. A time after the receipt is replaced by the time of receipt. */
export function parseSessionChange({ id, type, receivedAt, json }: SessionMessage): SessionChange | undefined {
  const message = messageSchema.safeParse(json);
  if (!message.success) return undefined;
  const { timestamp, data } = message.data;
  const event = eventOf[type];
  const at = Math.min(occurredAt({ timestamp, receivedAt }), receivedAt);
  const lastActiveAt = data.last_active_at === undefined ? undefined : Math.min(data.last_active_at, at);
  return { messageId: id, event, userId: data.user_id, at, activeAt: event === "signed_in" ? at : lastActiveAt };
}

/** The content of a `session.*` message. Times are in ms. */
export interface SessionChange {
  /** `svix-id`: the same for every repetition of the message. */
  readonly messageId: string;
  readonly event: "signed_in" | "signed_out" | "revoked";
  readonly userId: string;
  readonly at: number;
  /** When the session was last used, if known. */
  readonly activeAt: number | undefined;
}
