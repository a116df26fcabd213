import { z } from "zod";
import { bridgeHeaderNames, headerNames, readHeaders, type RecordHeaders, textOf } from "./headers.ts";
import { type UserEvent, userEventSchema } from "./user-event.ts";
import { userIdSchema, type UserState, userStateSchema } from "./user.ts";

/** A record of Kafka as any client hands it out. */
export interface KafkaRecord {
  readonly key?: Uint8Array | string | null | undefined;
  readonly value?: Uint8Array | string | null | undefined;
  readonly headers?: RecordHeaders | undefined;
}

/** A record that the bridge of this contract did not write. `reason` has no data of the user. */
export interface Unparsed {
  readonly outcome: "invalid";
  readonly reason: string;
}

export interface ParsedEvent {
  readonly outcome: "event";
  /** Fields that this version does not know are in it too. */
  readonly event: UserEvent;
  readonly userId: string;
  /** The same for the same change, however often the record appears: an idempotency key. */
  readonly eventId: string;
  /** 1, 2, 3 … for each user, without gaps. */
  readonly sequence: number;
  /** How the bridge learned of the change, see {@link headerNames}. Later versions may know further origins. */
  readonly origin: string;
  readonly occurredAt: Date;
  readonly svixId: string | undefined;
  readonly traceparent: string | undefined;
}

export type ParsedUserEvent = ParsedEvent | Unparsed;

const sequenceSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number);

/** Parses a record of the events topic. Never throws. */
export function parseUserEvent(record: KafkaRecord): ParsedUserEvent {
  const header = readHeaders(record.headers);
  const json = parseJson(record.value);
  const parsed = userEventSchema.safeParse(json);
  if (!parsed.success) return invalid("value", parsed.error);
  const sequence = sequenceSchema.safeParse(header(headerNames.sequence));
  if (!sequence.success) return invalid(`header ${headerNames.sequence}`, sequence.error);
  const origin = header(headerNames.origin);
  if (origin === undefined) return { outcome: "invalid", reason: `header ${headerNames.origin}: missing` };
  const event = withUnknownFields(json, parsed.data);
  if (textOf(record.key ?? "") !== event.data.id) return { outcome: "invalid", reason: "key: not the user's id" };
  return {
    outcome: "event",
    event,
    userId: event.data.id,
    eventId: event.eventId,
    sequence: sequence.data,
    origin,
    occurredAt: new Date(event.timestamp),
    svixId: header(headerNames.svixId),
    traceparent: header(headerNames.traceparent),
  };
}

export type ParsedUserState =
  | { readonly outcome: "user"; readonly userId: string; readonly user: UserState; readonly sequence: number }
  /** The user is deleted. The sequence is 0 for a tombstone that another program wrote. */
  | { readonly outcome: "deleted"; readonly userId: string; readonly sequence: number }
  /** A record of the bridge's own, which says nothing about a user: skip it. */
  | { readonly outcome: "internal"; readonly kind: "barrier" | "moved" }
  | Unparsed;

/** Parses a record of the state topic. Never throws. */
export function parseUserState(record: KafkaRecord): ParsedUserState {
  const header = readHeaders(record.headers);
  const key = textOf(record.key ?? "");
  if (key.includes(" ")) return { outcome: "internal", kind: "barrier" };
  if (header(bridgeHeaderNames.movedTo) !== undefined) return { outcome: "internal", kind: "moved" };
  if (!userIdSchema.safeParse(key).success) return { outcome: "invalid", reason: "key: not a user's id" };
  const sequence = sequenceSchema.safeParse(header(headerNames.sequence));
  if (record.value === null || record.value === undefined) {
    return { outcome: "deleted", userId: key, sequence: sequence.data ?? 0 };
  }
  const json = parseJson(record.value);
  const parsed = userStateSchema.safeParse(json);
  if (!parsed.success) return invalid("value", parsed.error);
  if (parsed.data.id !== key) return { outcome: "invalid", reason: "key: not the user's id" };
  if (!sequence.success) return invalid(`header ${headerNames.sequence}`, sequence.error);
  return { outcome: "user", userId: key, user: withUnknownFields(json, parsed.data), sequence: sequence.data };
}

/** Undefined for what is no JSON. */
function parseJson(value: KafkaRecord["value"]): unknown {
  try {
    return JSON.parse(textOf(value ?? ""));
  } catch {
    return undefined;
  }
}

/** The paths and kinds of the errors, never the values. */
const invalid = (part: string, error: z.ZodError): Unparsed => ({
  outcome: "invalid",
  reason: error.issues.map(({ path, code }) => `${[part, ...path.map(String)].join(".")}: ${code}`).join("; "),
});

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What was parsed, with the fields of later versions that the schema does not know, at any depth. */
function withUnknownFields<T extends object>(json: unknown, known: T): T {
  if (!isObject(json)) return known;
  const merged = { ...json, ...known };
  for (const [name, value] of Object.entries(known)) {
    if (isObject(value)) Reflect.set(merged, name, withUnknownFields(Reflect.get(json, name), value));
  }
  return merged;
}
