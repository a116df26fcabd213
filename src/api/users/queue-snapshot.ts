import { userIdSchema } from "@clerk-kafka-bridge/events";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { stripUser } from "../../clerk/payloads/user-json.ts";
import type { bridgedTypes } from "../../domain/message.ts";
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
  { queues, shardOf, eventFields, metrics, log, now }: ApiContext,
  subject: unknown,
  type: (typeof bridgedTypes)[number],
  { readAt = 0 }: SnapshotOptions = {},
): Promise<void> {
  const receivedAt = now();
  const traceparent = activeTraceparent();
  try {
    const { id: userId, ...rest } = snapshotSchema.parse(typeof subject === "string" ? { id: subject } : subject);
    await queues.add(shardOf(userId), {
      id: `api_${randomUUID()}`,
      source: "api",
      type,
      timestamp: receivedAt,
      receivedAt,
      readAt,
      ...(traceparent !== undefined && { traceparent }),
      ...stripUser({ id: userId, ...rest }, eventFields),
    });
    metrics.changes.inc({ outcome: "queued" });
  } catch (error) {
    metrics.changes.inc({ outcome: "not_queued" });
    log.warn(
      { event: "snapshot.not_queued", type, error: error instanceof Error ? error.message : String(error) },
      "Change not queued; the webhook will deliver it",
    );
  }
}
