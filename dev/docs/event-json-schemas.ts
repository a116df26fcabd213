import { userCreatedSchema, userDeletedSchema, userUpdatedSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";

/** The events' values as JSON Schema (draft 2020-12), by event type. */
export const eventJsonSchemas = () => ({
  "user.created": z.toJSONSchema(userCreatedSchema, { io: "input" }),
  "user.updated": z.toJSONSchema(userUpdatedSchema, { io: "input" }),
  "user.deleted": z.toJSONSchema(userDeletedSchema, { io: "input" }),
});
