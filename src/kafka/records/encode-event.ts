import { randomUUID } from "node:crypto";
import type { IHeaders } from "kafkajs";
import { userEventSchema } from "../../domain/user-events.ts";
import type { EventRecord } from "./records.ts";

export interface EncodedRecord {
  readonly key: string;
  readonly value: string | null;
  readonly headers: IHeaders;
}

/** An event as a Kafka record: CloudEvents 1.0 in binary mode. Throws when the event does not fit its own contract: a bug. */
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

/** W3C trace context for a change that brought none: sampled, with an id of its own. */
function newTraceparent(): string {
  const hex = () => randomUUID().replaceAll("-", "");
  return `00-${hex()}-${hex().slice(16)}-01`;
}
