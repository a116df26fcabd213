import { type OptionalField, userIdSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import type { Change } from "../../domain/change.ts";
import { lengthOf } from "../../domain/user.ts";
import { readOptionalFields } from "./optional-fields.ts";
import type { Message } from "../../domain/message.ts";
import { userFromJson, userJsonSchema, timeSchema } from "./user-json.ts";

export type ParsedChange =
  | { readonly outcome: "read"; readonly change: Change }
  | { readonly outcome: "malformed"; readonly reason: string };

const deletedUserSchema = z.object({ id: userIdSchema });

/** Far beyond Clerk's limits. Kafka accepts a record of this size even when JSON escapes every character. */
const maxUserCharacters = 75_000;

/**
 * Parses a queued message as a change of a user with these optional fields. Pure. A message that differs from Clerk's documents is
 * malformed, with the places as reason.
 */
export function parseChange(message: Message, fields: readonly OptionalField[]): ParsedChange {
  if (message.type === "user.deleted") {
    const parsed = deletedUserSchema.safeParse(message.data);
    if (!parsed.success) return malformed(parsed.error.issues);
    return {
      outcome: "read",
      change: { kind: "deletion", source: message.source, userId: parsed.data.id, deletedAt: occurredAt(message) },
    };
  }
  const parsed = userJsonSchema.safeParse(message.data);
  if (!parsed.success) return malformed(parsed.error.issues);
  const contained = fields.filter((field) => message.fields?.includes(field));
  const optional = readOptionalFields(message.data, contained);
  if (optional.issues.length > 0) return malformed(optional.issues);
  const user = { ...userFromJson(parsed.data), ...optional.read };
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
      isPartial: contained.length < fields.length,
    },
  };
}

/** The paths and kinds of the errors, never the values, because the reason is logged. */
const malformed = (issues: readonly z.core.$ZodIssue[]): ParsedChange => ({
  outcome: "malformed",
  reason: issues
    .map(({ path, code, message }) => `${path.join(".")}: ${code === "custom" ? message : code}`)
    .join("; "),
});

/** Clerk's documents disagree on the unit of the envelope's timestamp: a smaller value must be in seconds. */
const firstMillisecondTimestamp = 1e12;

export interface EnvelopeTimes {
  /** The envelope's timestamp, in seconds or milliseconds. */
  readonly timestamp?: number | undefined;
  /** By our clock, in ms. */
  readonly receivedAt: number;
}

/** The time of a message's change, in ms; the time of receipt when the envelope has no usable timestamp. */
export function occurredAt({ timestamp, receivedAt }: EnvelopeTimes): number {
  if (timestamp === undefined) return receivedAt;
  const milliseconds = Math.round(timestamp < firstMillisecondTimestamp ? timestamp * 1_000 : timestamp);
  return timeSchema.catch(receivedAt).parse(milliseconds);
}
