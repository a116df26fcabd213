import { z } from "zod";
import type { State } from "../../domain/state.ts";
import { userSchema } from "../../domain/user.ts";
import type { EncodedRecord } from "./encode-event.ts";
import type { StateRecord } from "./records.ts";

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
const movedHeader = "bridge_moved_to";
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
      ...(state.readAt > 0 && { bridge_read_at: String(state.readAt) }),
    },
  };
}

export const encodeBarrier = (id: string): EncodedRecord => ({
  key: barrierKey,
  value: null,
  headers: { bridge_barrier: id },
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
  if (key === barrierKey) return { kind: "barrier", id: header("bridge_barrier") ?? "" };
  if (header(movedHeader) !== undefined) return { kind: "moved", userId: key };
  const sequence = int.parse(header("ce_sequence") ?? "0");
  if (value === null) return { kind: "state", userId: key, state: { status: "deleted", sequence } };
  const { createdAt, updatedAt, ...user } = valueSchema.parse(JSON.parse(value));
  return {
    kind: "state",
    userId: key,
    state: {
      status: "present",
      user,
      createdAt: Date.parse(createdAt),
      version: Date.parse(updatedAt),
      readAt: int.parse(header("bridge_read_at") ?? "0"),
      sequence,
    },
  };
}
