/** The headers of an event, CloudEvents 1.0 in binary mode. A state has `sequence` only, and the bridge's own. */
export const headerNames = {
  specVersion: "ce_specversion",
  /** The event's id. */
  id: "ce_id",
  /** The event's type. */
  type: "ce_type",
  source: "ce_source",
  /** The schema of the value, see `dataSchemaOf`. */
  dataSchema: "ce_dataschema",
  /** The user's id. */
  subject: "ce_subject",
  time: "ce_time",
  /** 1, 2, 3 … for each user, without gaps. */
  sequence: "ce_sequence",
  /**
   * How the bridge learned of the change: `webhook`, `api`, `backfill`, `reconciliation`, `first-seen`, `fields-added`
   * or `restore`.
   */
  origin: "ce_origin",
  contentType: "content-type",
  /** The id of Svix's message, for a change that a webhook reported. */
  svixId: "svix-id",
  /** W3C trace context. */
  traceparent: "traceparent",
} as const;

/** Headers of the state topic that only the bridge needs. */
export const bridgeHeaderNames = {
  barrier: "bridge_barrier",
  movedTo: "bridge_moved_to",
  readAt: "bridge_read_at",
  restoredAt: "bridge_restored_at",
  /** The optional fields of the user, separated by commas. */
  fields: "bridge_fields",
} as const;

type Bytes = Uint8Array | string;
type HeaderValue = Bytes | readonly Bytes[] | undefined;

/**
 * The headers of a record as clients hand them out: an object (kafkajs), a map (@platformatic/kafka) or a list of objects
 * (@confluentinc/kafka-javascript).
 */
export type RecordHeaders =
  | Readonly<Record<string, HeaderValue>>
  | ReadonlyMap<Bytes, HeaderValue>
  | readonly Readonly<Record<string, HeaderValue>>[];

const decoder = new TextDecoder();
export const textOf = (bytes: Bytes): string => (typeof bytes === "string" ? bytes : decoder.decode(bytes));

/** Reads headers by name. Of a header that occurs several times, the last one counts. */
export function readHeaders(headers: RecordHeaders | undefined): (name: string) => string | undefined {
  const texts = new Map<string, string>();
  for (const [name, value] of entriesOf(headers ?? {})) {
    const last = typeof value === "object" && !(value instanceof Uint8Array) ? value.at(-1) : value;
    if (last !== undefined) texts.set(textOf(name), textOf(last));
  }
  return (name) => texts.get(name);
}

function entriesOf(headers: RecordHeaders): Iterable<readonly [Bytes, HeaderValue]> {
  if (headers instanceof Map) return headers.entries();
  if (Array.isArray(headers))
    return headers.flatMap((header: Readonly<Record<string, HeaderValue>>) => Object.entries(header));
  return Object.entries(headers);
}
