import type { Origin } from "../../domain/decide.ts";
import type { State } from "../../domain/state.ts";
import { type UserEvent, userEventSchema } from "../../domain/user-events.ts";
import { hash, randomUUID } from "node:crypto";
import type { IHeaders } from "kafkajs";
import { z } from "zod";
import { userSchema } from "../../domain/user.ts";

/** One event with what its headers need. */
export interface EventRecord {
  readonly event: UserEvent;
  readonly origin: Origin;
  /** 1, 2, 3 … for each user. */
  readonly sequence: number;
  /** `svix-id` of the message that caused the event, if there was one. */
  readonly svixId: string | undefined;
  readonly traceparent: string | undefined;
}

/** One user's state in the state topic. */
export interface StateRecord {
  readonly userId: string;
  readonly state: State;
}

/** A state that moves to another shard. */
export interface MovedState extends StateRecord {
  readonly to: number;
}

export interface EncodedRecord {
  readonly key: string;
  readonly value: string | null;
  readonly headers: IHeaders;
}

/** Encodes an event as a Kafka record: CloudEvents 1.0 in binary mode. Throws for an event that breaks its contract, which is a bug. */
export function encodeEvent(
  { event, origin, sequence, svixId, traceparent }: EventRecord,
  source: string,
): EncodedRecord {
  return {
    key: event.data.id,
    value: JSON.stringify(userEventSchema.parse(event)),
    headers: {
      ce_specversion: "1.0",
      ce_id: event.eventId,
      ce_type: event.eventType,
      ce_source: source,
      ce_subject: event.data.id,
      ce_time: event.timestamp,
      ce_sequence: String(sequence),
      ce_origin: origin,
      "content-type": "application/json",
      traceparent: traceparent ?? newTraceparent(),
      ...(svixId === undefined ? {} : { "svix-id": svixId }),
    },
  };
}

/** W3C trace context for a change without one: sampled, with a new id. */
function newTraceparent(): string {
  const hex = () => randomUUID().replaceAll("-", "");
  return `00-${hex()}-${hex().slice(16)}-01`;
}

/**
 * A record of the state topic. Its value is the user with Clerk's own times, so that a consumer can build a table of users; a
 * deleted user has a tombstone. Headers hold what only the bridge needs. An owner's barrier is a tombstone under a reserved
 * key, which leaves a table of users unchanged.
 */
export type DecodedRecord =
  | { readonly kind: "state"; readonly userId: string; readonly state: State }
  | { readonly kind: "barrier"; readonly id: string }
  /** The user's state has moved to another partition; this partition's state of the user is void. */
  | { readonly kind: "moved"; readonly userId: string };

/** Contains a blank, which no user id does. */
const barrierKey = "bridge barrier";
const barrierHeader = "bridge_barrier";
const movedHeader = "bridge_moved_to";
const readAtHeader = "bridge_read_at";
const restoredAtHeader = "bridge_restored_at";
const valueSchema = userSchema.extend({ createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() });
const int = z.coerce.number().int().nonnegative();

export function encodeState({ userId, state }: StateRecord): EncodedRecord {
  if (state.status === "deleted") {
    return { key: userId, value: null, headers: { ce_sequence: String(state.sequence) } };
  }
  const value: z.infer<typeof valueSchema> = {
    ...state.user,
    createdAt: new Date(state.createdAt).toISOString(),
    updatedAt: new Date(state.version).toISOString(),
  };
  return {
    key: userId,
    value: JSON.stringify(value),
    // As few headers as possible: kafkajs allocates a buffer for each, and every event has a state.
    headers: {
      ce_sequence: String(state.sequence),
      ...(state.readAt > 0 && { [readAtHeader]: String(state.readAt) }),
      ...(state.restoredAt !== undefined && { [restoredAtHeader]: String(state.restoredAt) }),
    },
  };
}

export const encodeBarrier = (id: string): EncodedRecord => ({
  key: barrierKey,
  value: null,
  headers: { [barrierHeader]: id },
});

/** The record that stays in the partition that a state has left: a tombstone that is no deletion. */
export const encodeMoved = (userId: string, to: number): EncodedRecord => ({
  key: userId,
  value: null,
  headers: { [movedHeader]: String(to) },
});

export interface RawRecord {
  readonly key: string;
  readonly value: string | null;
  readonly header: (name: string) => string | undefined;
}

/**
 * Decodes a record of the state topic. Throws for a record that the bridge did not write, because skipping it would lose a user. A
 * tombstone of another writer counts as a deletion.
 */
export function decodeState({ key, value, header }: RawRecord): DecodedRecord {
  if (key === barrierKey) return { kind: "barrier", id: header(barrierHeader) ?? "" };
  if (header(movedHeader) !== undefined) return { kind: "moved", userId: key };
  const sequence = int.parse(header("ce_sequence") ?? "0");
  if (value === null) return { kind: "state", userId: key, state: { status: "deleted", sequence } };
  const restoredAt = header(restoredAtHeader);
  const { createdAt, updatedAt, ...user } = valueSchema.parse(JSON.parse(value));
  return {
    kind: "state",
    userId: key,
    state: {
      status: "present",
      user,
      createdAt: Date.parse(createdAt),
      version: Date.parse(updatedAt),
      readAt: int.parse(header(readAtHeader) ?? "0"),
      sequence,
      ...(restoredAt !== undefined && { restoredAt: int.parse(restoredAt) }),
    },
  };
}

/** A digest of a record of the state topic, by which the same offset with other content is recognized. */
export const digestOf = ({ key, value, header }: RawRecord): string =>
  hash(
    "sha1",
    JSON.stringify([
      key,
      value,
      ...stateHeaders.map((name) => header(name) ?? null),
      ...optionalHeaders.flatMap((name) => header(name) ?? []),
    ]),
    "base64url",
  );

const stateHeaders = ["ce_sequence", readAtHeader, barrierHeader, movedHeader];
/** Counts only where it is, so that the digests of all other records stay those of earlier releases. */
const optionalHeaders = [restoredAtHeader];

/** The digest that a state's record has in Kafka. */
export function digestOfState(record: StateRecord): string {
  const { headers, ...rest } = encodeState(record);
  return digestOf({ ...rest, header: (name) => headers[name]?.toString() });
}
