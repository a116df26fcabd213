import { z } from "@hono/zod-openapi";
import { userFromJson, type UserJson } from "../../clerk/payloads/user-json.ts";

const time = z.iso.datetime().openapi({ example: "2026-01-31T09:30:00.000Z" });

/** A user as the API answers it. */
export const apiUserSchema = z
  .object({
    id: z.string().openapi({ example: "user_2abcDEF123" }),
    firstName: z.string().openapi({ example: "Ada" }),
    lastName: z.string().openapi({ example: "Lovelace" }),
    username: z.string().openapi({ example: "lovelace" }),
    emailAddress: z
      .array(z.string())
      .openapi({ description: "The primary address first", example: ["ada@example.com"] }),
    role: z.string().openapi({ example: "user" }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi("User");
export type ApiUser = z.infer<typeof apiUserSchema>;

/** The same reading of Clerk's user as the events have, with Clerk's own times. */
export const apiUserFromJson = (json: UserJson): ApiUser => ({
  ...userFromJson(json),
  createdAt: new Date(json.created_at).toISOString(),
  updatedAt: new Date(json.updated_at).toISOString(),
});
