import {
  headerNames,
  userCreatedSchema,
  userDeletedSchema,
  type UserEventType,
  userStateSchema,
  userUpdatedSchema,
} from "@clerk-kafka-bridge/events";
import { z } from "zod";
import { auditRecordSchema } from "../../audit/audit-record.ts";

const toSchema = (schema: z.ZodType) => {
  // AsyncAPI's own schemas are those of draft 7.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
  return rest;
};

const text = (description: string) => ({ type: "string", description });

const cloudEventHeaders = {
  [headerNames.specVersion]: text("`1.0`: CloudEvents 1.0 in binary mode"),
  [headerNames.id]: text("The same for the same change, however often the record appears"),
  [headerNames.type]: text("The type of the event"),
  [headerNames.source]: text("`EVENT_SOURCE`"),
  [headerNames.time]: text("When the change happened, ISO 8601 in UTC"),
};
const eventHeaders = {
  ...cloudEventHeaders,
  [headerNames.dataSchema]: text("The JSON Schema of the value, with the version of the contract"),
  [headerNames.subject]: text("The user's id"),
  [headerNames.sequence]: text("1, 2, 3 … for each user, without gaps"),
  [headerNames.origin]: text("How the bridge learned of the change"),
  [headerNames.svixId]: text("The id of Svix's message, if there was one"),
  [headerNames.traceparent]: text("W3C trace context"),
};

const events = {
  "user.created": { summary: "A user exists", schema: userCreatedSchema },
  "user.updated": { summary: "Published fields of a user have changed", schema: userUpdatedSchema },
  "user.deleted": { summary: "A user is deleted", schema: userDeletedSchema },
} as const satisfies Record<UserEventType, object>;

interface MessageOptions {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly headers: object;
  readonly key: string;
}

const message = ({ name, summary, schema, headers, key }: MessageOptions) => ({
  name,
  title: name,
  summary,
  contentType: "application/json",
  headers: { type: "object", properties: headers },
  payload: toSchema(schema),
  bindings: { kafka: { key: text(key), bindingVersion: "0.5.0" } },
});

const messages: Readonly<Record<string, ReturnType<typeof message>>> = {
  ...Object.fromEntries(
    Object.entries(events).map(([name, { summary, schema }]) => [
      name,
      message({ name, summary, schema, headers: eventHeaders, key: "The user's id" }),
    ]),
  ),
  "user.state": message({
    name: "user.state",
    summary: "The current user; a deleted user has a tombstone",
    schema: userStateSchema,
    headers: { [headerNames.sequence]: text("That of the user's latest event") },
    key: "The user's id. Keys with a space belong to the bridge",
  }),
  "user.audit": message({
    name: "user.audit",
    summary: "An entry of the audit trail",
    schema: auditRecordSchema,
    headers: cloudEventHeaders,
    key: "The affected user, or the actor",
  }),
};

const channels = {
  events: {
    address: "user.events",
    description:
      "`KAFKA_EVENTS_TOPIC`. Each change exactly once, for consumers with `isolation.level=read_committed`; in order for each user.",
    messages: Object.keys(events),
  },
  states: {
    address: "user.state",
    description: "`KAFKA_STATE_TOPIC`, compacted: the current user for each key.",
    messages: ["user.state"],
  },
  audit: {
    address: "user.audit",
    description: "`KAFKA_AUDIT_TOPIC`. At least once: drop repeats by `ce_id`.",
    messages: ["user.audit"],
  },
};

const reference = (...path: readonly string[]) => ({ $ref: `#/${path.join("/")}` });

/** The AsyncAPI 3 document of the three topics, from the schemas with which the bridge writes them. */
export const writeAsyncApi = (version: string) => ({
  asyncapi: "3.0.0",
  info: {
    title: "clerk-kafka-bridge",
    version,
    description: "What clerk-kafka-bridge writes to Kafka. The names of the topics are the defaults.",
    license: { name: "MIT", url: "https://opensource.org/license/mit" },
  },
  defaultContentType: "application/json",
  channels: Object.fromEntries(
    Object.entries(channels).map(([name, { address, description, messages: names }]) => [
      name,
      {
        address,
        description,
        messages: Object.fromEntries(names.map((one) => [one, reference("components", "messages", one)])),
      },
    ]),
  ),
  operations: Object.fromEntries(
    Object.entries(channels).map(([name, { address, messages: names }]) => [
      `publish-${name}`,
      {
        action: "send",
        summary: `The bridge writes to ${address}`,
        channel: reference("channels", name),
        messages: names.map((one) => reference("channels", name, "messages", one)),
      },
    ]),
  ),
  components: { messages },
});
