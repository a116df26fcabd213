import { type OptionalField, userIdSchema } from "@clerk-kafka-bridge/events";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { stripUser } from "../../clerk/payloads/user-json.ts";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import type { bridgedTypes, Message } from "../../domain/message.ts";
import { stateAfter } from "../../domain/decide.ts";
import type { State } from "../../domain/state.ts";
import { activeTraceparent } from "../../shared/tracing.ts";
import type { ApiContext } from "./api-context.ts";

export interface SnapshotOptions {
  /** Time just before the user was read from Clerk, in ms by our clock. 0 for the response to a write. */
  readonly readAt?: number;
}

const snapshotSchema = z.looseObject({ id: userIdSchema });

/**
 * Queues Clerk's response to a write (its UserJSON, or the id of a deleted user) on the user's shard, so that the event does
 * not wait for the webhook. Resolves once Redis has stored it. Never throws: a failure is logged and counted, and the
 * webhook delivers the same change a little later.
 */
export async function queueSnapshot(
  { queues, shardOf, rememberPending, eventFields, metrics, log, now }: ApiContext,
  subject: unknown,
  type: (typeof bridgedTypes)[number],
  { readAt = 0 }: SnapshotOptions = {},
): Promise<void> {
  const receivedAt = now();
  const traceparent = activeTraceparent();
  try {
    const { id: userId, ...rest } = snapshotSchema.parse(typeof subject === "string" ? { id: subject } : subject);
    const message: Message = {
      id: `api_${randomUUID()}`,
      source: "api",
      type,
      timestamp: receivedAt,
      receivedAt,
      readAt,
      ...(traceparent !== undefined && { traceparent }),
      ...stripUser({ id: userId, ...rest }, eventFields),
    };
    const next = stateOf(message, eventFields);
    // Sent first: the ledger removes what is remembered when it has applied the message.
    const remembered = next && rememberPending(userId, next);
    await Promise.all([remembered, queues.add(shardOf(userId), message)]);
    metrics.changes.inc({ outcome: "queued" });
  } catch (error) {
    metrics.changes.inc({ outcome: "not_queued" });
    log.warn(
      { event: "snapshot.not_queued", type, error: error instanceof Error ? error.message : String(error) },
      "Change not queued; the webhook will deliver it",
    );
  }
}

/** The state that the message leads to; undefined when the worker will reject it. */
function stateOf(message: Message, eventFields: readonly OptionalField[]): State | undefined {
  const parsed = parseChange(message, eventFields);
  if (parsed.outcome === "malformed") return undefined;
  return parsed.change.kind === "deletion" ? { status: "deleted", sequence: 0 } : stateAfter(parsed.change, 0);
}
