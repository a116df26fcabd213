import type { OptionalField } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import type { SessionChange } from "../clerk/payloads/parse-session-change.ts";
import { isSessionType, parseSessionChange } from "../clerk/payloads/parse-session-change.ts";
import { stripUser } from "../clerk/payloads/user-json.ts";
import { bridgedTypes, type Message } from "../domain/message.ts";
import type { VerifiedMessage } from "./verify-message.ts";
import { parseJson } from "../shared/parse-json.ts";

/** The destination of a verified message. All outcomes are acknowledged, because Svix would only send a rejected message again. */
export type Route =
  | { readonly outcome: "bridged"; readonly userId: string; readonly message: Message }
  | { readonly outcome: "session"; readonly change: SessionChange }
  | { readonly outcome: "ignored"; readonly type: string }
  | { readonly outcome: "unreadable"; readonly reason: string; readonly body: string };

const typeSchema = z.object({ type: z.string() });
interface IdentifiedUser extends Record<string, unknown> {
  readonly id: string;
}
const userIdSchema = z.object({ id: z.string().min(1) });
const bridgedSchema = z.object({
  type: z.enum(bridgedTypes),
  timestamp: z.number().optional().catch(undefined),
  // Checked and not copied: `stripUser` makes the only copy.
  data: z.custom<IdentifiedUser>((data) => userIdSchema.safeParse(data).success),
});

export interface Reception {
  readonly receivedAt: number;
  /** The header of that name, unchecked. */
  readonly traceparent: string | undefined;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
}

/** W3C trace context. Its length is fixed, so that it counts in the size of a Kafka record. */
const traceparentSchema = z
  .string()
  .regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)
  .optional()
  .catch(undefined);

/** Parses only as much of a message as its user needs, and strips it to what the worker needs. Pure. */
export function routeMessage(verified: VerifiedMessage, { receivedAt, traceparent, eventFields }: Reception): Route {
  const json = parseJson(verified.body);
  if (json === undefined) return { outcome: "unreadable", reason: "not JSON", body: verified.body };
  const bridged = bridgedSchema.safeParse(json);
  if (!bridged.success) return routeOther(verified.id, json, receivedAt);
  return {
    outcome: "bridged",
    userId: bridged.data.data.id,
    message: {
      id: verified.id,
      source: "webhook",
      type: bridged.data.type,
      timestamp: bridged.data.timestamp,
      receivedAt,
      readAt: 0,
      traceparent: traceparentSchema.parse(traceparent),
      ...stripUser(bridged.data.data, eventFields),
    },
  };
}

function routeOther(id: string, json: unknown, receivedAt: number): Route {
  const envelope = typeSchema.safeParse(json);
  if (!envelope.success) return unreadable("no type", json);
  const { type } = envelope.data;
  if (isSessionType(type)) {
    const change = parseSessionChange({ id, type, receivedAt, json });
    return change === undefined ? unreadable(`${type} without a user id`, json) : { outcome: "session", change };
  }
  return isBridged(type) ? unreadable(`${type} without a user id`, json) : { outcome: "ignored", type };
}

const isBridged = (type: string) => bridgedTypes.some((bridged) => bridged === type);

const neverStored = new Set(["private_metadata", "unsafe_metadata", "backup_codes", "event_attributes"]);

/** A message that cannot be parsed is stored for inspection, without the fields that must never be stored. */
const unreadable = (reason: string, json: unknown): Route => ({
  outcome: "unreadable",
  reason,
  body: JSON.stringify(json, (key, value: unknown) => (neverStored.has(key) ? undefined : value)),
});
