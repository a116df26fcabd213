import { timeSchema } from "./user-json.ts";

/** Clerk's own sources disagree on the unit of the envelope's timestamp: below this it must be seconds. */
const firstMillisecondTimestamp = 1e12;

export interface EnvelopeTimes {
  /** Of the envelope, in whatever unit it came. */
  readonly timestamp?: number | undefined;
  /** Our clock, ms. */
  readonly receivedAt: number;
}

/** When a message says it happened, ms; by our own clock when it says nothing of use. */
export function occurredAt({ timestamp, receivedAt }: EnvelopeTimes): number {
  if (timestamp === undefined) return receivedAt;
  const milliseconds = Math.round(timestamp < firstMillisecondTimestamp ? timestamp * 1_000 : timestamp);
  return timeSchema.catch(receivedAt).parse(milliseconds);
}
