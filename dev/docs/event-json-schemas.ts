import { z } from "zod";
import { userCreatedSchema, userDeletedSchema, userUpdatedSchema } from "../../src/domain/user-events.ts";

/** The events' values as JSON Schema (draft 2020-12), by event type. */
export const eventJsonSchemas = () => ({
  "user.created": z.toJSONSchema(userCreatedSchema, { io: "input" }),
  "user.updated": z.toJSONSchema(userUpdatedSchema, { io: "input" }),
  "user.deleted": z.toJSONSchema(userDeletedSchema, { io: "input" }),
});
