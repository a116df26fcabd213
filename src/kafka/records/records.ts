import {
  bridgeHeaderNames,
  dataSchemaOf,
  headerNames,
  type UserEvent,
  userEventSchema,
  type UserState,
  userStateSchema,
} from "@clerk-kafka-bridge/events";
import type { Origin } from "../../domain/decide.ts";
import type { State } from "../../domain/state.ts";
import { optionalFieldsOf } from "../../domain/user.ts";
import { hash, randomUUID } from "node:crypto";
import type { IHeaders } from "kafkajs";
import { z } from "zod";

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
      [headerNames.specVersion]: "1.0",
      [headerNames.id]: event.eventId,
      [headerNames.type]: event.eventType,
      [headerNames.source]: source,
      [headerNames.dataSchema]: dataSchemaOf(event.eventType),
      [headerNames.subject]: event.data.id,
      [headerNames.time]: event.timestamp,
      [headerNames.sequence]: String(sequence),
      [headerNames.origin]: origin,
      [headerNames.contentType]: "application/json",
      [headerNames.traceparent]: traceparent ?? newTraceparent(),
      ...(svixId === undefined ? {} : { [headerNames.svixId]: svixId }),
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
const int = z.coerce.number().int().nonnegative();

export function encodeState({ userId, state }: StateRecord): EncodedRecord {
  if (state.status === "deleted") {
    return { key: userId, value: null, headers: { [headerNames.sequence]: String(state.sequence) } };
  }
  const fields = optionalFieldsOf(state.user);
  const value: UserState = {
    ...state.user,
    createdAt: new Date(state.createdAt).toISOString(),
    updatedAt: new Date(state.version).toISOString(),
  };
  return {
    key: userId,
    value: JSON.stringify(value),
    // As few headers as possible: kafkajs allocates a buffer for each, and every event has a state.
    headers: {
      [headerNames.sequence]: String(state.sequence),
      ...(state.readAt > 0 && { [bridgeHeaderNames.readAt]: String(state.readAt) }),
      ...(fields.length > 0 && { [bridgeHeaderNames.fields]: fields.join(",") }),
      ...(state.restoredAt !== undefined && { [bridgeHeaderNames.restoredAt]: String(state.restoredAt) }),
    },
  };
}

export const encodeBarrier = (id: string): EncodedRecord => ({
  key: barrierKey,
  value: null,
  headers: { [bridgeHeaderNames.barrier]: id },
});

/** The record that stays in the partition that a state has left: a tombstone that is no deletion. */
export const encodeMoved = (userId: string, to: number): EncodedRecord => ({
  key: userId,
  value: null,
  headers: { [bridgeHeaderNames.movedTo]: String(to) },
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
  if (key === barrierKey) return { kind: "barrier", id: header(bridgeHeaderNames.barrier) ?? "" };
  if (header(bridgeHeaderNames.movedTo) !== undefined) return { kind: "moved", userId: key };
  const sequence = int.parse(header(headerNames.sequence) ?? "0");
  if (value === null) return { kind: "state", userId: key, state: { status: "deleted", sequence } };
  const restoredAt = header(bridgeHeaderNames.restoredAt);
  const { createdAt, updatedAt, ...rest } = userStateSchema.parse(JSON.parse(value));
  // Every state has the time of creation, and the header says whether it is one of the published fields.
  const publishesCreation = header(bridgeHeaderNames.fields)?.split(",").includes("createdAt");
  const user = publishesCreation ? { ...rest, createdAt } : rest;
  return {
    kind: "state",
    userId: key,
    state: {
      status: "present",
      user,
      createdAt: Date.parse(createdAt),
      version: Date.parse(updatedAt),
      readAt: int.parse(header(bridgeHeaderNames.readAt) ?? "0"),
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

const stateHeaders = [
  headerNames.sequence,
  bridgeHeaderNames.readAt,
  bridgeHeaderNames.barrier,
  bridgeHeaderNames.movedTo,
];
/** Counts only where it is, so that the digests of all other records stay those of earlier releases. */
const optionalHeaders = [bridgeHeaderNames.restoredAt, bridgeHeaderNames.fields];

/** The digest that a state's record has in Kafka. */
export function digestOfState(record: StateRecord): string {
  const { headers, ...rest } = encodeState(record);
  return digestOf({ ...rest, header: (name) => headers[name]?.toString() });
}
