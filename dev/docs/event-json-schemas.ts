import {
  dataSchemaOf,
  userCreatedSchema,
  userDeletedSchema,
  type UserEventType,
  userUpdatedSchema,
} from "@clerk-kafka-bridge/events";
import { z } from "zod";

const schemas = {
  "user.created": userCreatedSchema,
  "user.updated": userUpdatedSchema,
  "user.deleted": userDeletedSchema,
} as const satisfies Record<UserEventType, z.ZodType>;

/** The events' values as JSON Schema (draft 2020-12), by event type. */
export const eventJsonSchemas = (): Record<UserEventType, object> => ({
  "user.created": toJsonSchema("user.created"),
  "user.updated": toJsonSchema("user.updated"),
  "user.deleted": toJsonSchema("user.deleted"),
});

const toJsonSchema = (type: UserEventType): object => ({
  $id: dataSchemaOf(type),
  ...z.toJSONSchema(schemas[type], { io: "input" }),
});
