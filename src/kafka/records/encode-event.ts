import { randomUUID } from "node:crypto";
import type { IHeaders } from "kafkajs";
import { userEventSchema } from "../../domain/user-events.ts";
import type { EventRecord } from "./records.ts";

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
