import { z } from "@hono/zod-openapi";
import { userFromJson, type UserJson } from "../clerk/user-json.ts";

/** A user as the API answers it. */
export const apiUserSchema = z
  .object({
    id: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    username: z.string(),
    emailAddress: z.array(z.string()).openapi({ description: "The primary address first" }),
    role: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("User");
export type ApiUser = z.infer<typeof apiUserSchema>;

/** The same reading of Clerk's user as the events have, with Clerk's own times. */
export const apiUserFromJson = (json: UserJson): ApiUser => ({
  ...userFromJson(json),
  createdAt: new Date(json.created_at).toISOString(),
  updatedAt: new Date(json.updated_at).toISOString(),
});
