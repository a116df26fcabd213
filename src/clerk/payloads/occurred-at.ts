import { timeSchema } from "./user-json.ts";

/** Clerk's documents disagree on the unit of the envelope's timestamp: a smaller value must be in seconds. */
const firstMillisecondTimestamp = 1e12;

export interface EnvelopeTimes {
  /** The envelope's timestamp, in seconds or milliseconds. */
  readonly timestamp?: number | undefined;
  /** By our clock, in ms. */
  readonly receivedAt: number;
}

/** The time of a message's change, in ms; the time of receipt when the envelope has no usable timestamp. */
export function occurredAt({ timestamp, receivedAt }: EnvelopeTimes): number {
  if (timestamp === undefined) return receivedAt;
  const milliseconds = Math.round(timestamp < firstMillisecondTimestamp ? timestamp * 1_000 : timestamp);
  return timeSchema.catch(receivedAt).parse(milliseconds);
}
