import { z } from "zod";
import type { Change } from "../../domain/change.ts";
import { lengthOf, userIdSchema } from "../../domain/user.ts";
import type { Message } from "../../domain/message.ts";
import { occurredAt } from "./occurred-at.ts";
import { userFromJson, userJsonSchema } from "./user-json.ts";

export type ParsedChange =
  | { readonly outcome: "read"; readonly change: Change }
  | { readonly outcome: "malformed"; readonly reason: string };

const deletedUserSchema = z.object({ id: userIdSchema });

/** Far beyond Clerk's limits. Kafka accepts a record of this size even when JSON escapes every character. */
const maxUserCharacters = 75_000;

/** Parses a queued message as a change. Pure. A message that differs from Clerk's documents is malformed, with the places as reason. */
export function parseChange(message: Message): ParsedChange {
  if (message.type === "user.deleted") {
    const parsed = deletedUserSchema.safeParse(message.data);
    if (!parsed.success) return malformed(parsed.error);
    return {
      outcome: "read",
      change: { kind: "deletion", source: message.source, userId: parsed.data.id, deletedAt: occurredAt(message) },
    };
  }
  const parsed = userJsonSchema.safeParse(message.data);
  if (!parsed.success) return malformed(parsed.error);
  const user = userFromJson(parsed.data);
  if (lengthOf(user) > maxUserCharacters) {
    return { outcome: "malformed", reason: `more than ${maxUserCharacters} characters: too large for a Kafka record` };
  }
  return {
    outcome: "read",
    change: {
      kind: "snapshot",
      source: message.source,
      isCreateEvent: message.type === "user.created",
      user,
      createdAt: parsed.data.created_at,
      version: parsed.data.updated_at,
      readAt: message.readAt,
    },
  };
}

/** The paths and kinds of the errors, never the values, because the reason is logged. */
const malformed = (error: z.ZodError): ParsedChange => ({
  outcome: "malformed",
  reason: error.issues.map((issue) => `${issue.path.join(".")}: ${issue.code}`).join("; "),
});
