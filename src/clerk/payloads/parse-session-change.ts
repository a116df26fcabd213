import { z } from "zod";
import { userIdSchema } from "../../domain/user.ts";
import { occurredAt } from "./occurred-at.ts";
import { timeSchema } from "./user-json.ts";

/** What Clerk's session messages mean to the analytics. Of the other types (`session.pending`) nothing is made. */
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

/** Reads a session message; nothing when it names no user. What is said to happen later than it came happened when it came. */
export function parseSessionChange({ id, type, receivedAt, json }: SessionMessage): SessionChange | undefined {
  const message = messageSchema.safeParse(json);
  if (!message.success) return undefined;
  const { timestamp, data } = message.data;
  const event = eventOf[type];
  const at = Math.min(occurredAt({ timestamp, receivedAt }), receivedAt);
  const lastActiveAt = data.last_active_at === undefined ? undefined : Math.min(data.last_active_at, at);
  return { messageId: id, event, userId: data.user_id, at, activeAt: event === "signed_in" ? at : lastActiveAt };
}

/** What a `session.*` message of Clerk says. Times are ms. */
export interface SessionChange {
  /** `svix-id`: the same for every repetition of the message. */
  readonly messageId: string;
  readonly event: "signed_in" | "signed_out" | "revoked";
  readonly userId: string;
  readonly at: number;
  /** When the session was last used, where that is known. */
  readonly activeAt: number | undefined;
}
