import type { ClerkEvent } from "../resources/event.ts";

/** Clerk's documents disagree: its prose and real messages say milliseconds, its OpenAPI examples seconds. */
export type TimestampUnit = "milliseconds" | "seconds";

/** The body of the message that tells of an event. */
export function writeEnvelope(event: ClerkEvent, instanceId: string, unit: TimestampUnit): string {
  return JSON.stringify({
    data: event.data,
    event_attributes: { http_request: { client_ip: "203.0.113.7", user_agent: "clerk-emulator" } },
    instance_id: instanceId,
    object: "event",
    timestamp: unit === "milliseconds" ? event.at : Math.floor(event.at / 1000),
    type: event.type,
  });
}

/** The user that an event is about. */
export function userIdOf(event: ClerkEvent): string {
  return event.data.object === "session" ? event.data.user_id : event.data.id;
}
