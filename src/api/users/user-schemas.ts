import { z } from "@hono/zod-openapi";
import { userFromJson, type UserJson } from "../../clerk/payloads/user-json.ts";
import type { PresentState } from "../../domain/state.ts";
import type { FindRole } from "../auth/roles.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import { passwordSchema } from "../passwords/password-schema.ts";

const time = z.iso.datetime().openapi({ example: "2026-01-31T09:30:00.000Z" });

/** A user in the API's responses. */
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

/** Reads Clerk's user as the events do, and adds Clerk's timestamps. */
export const apiUserFromJson = (json: UserJson): ApiUser => ({
  ...userFromJson(json),
  createdAt: new Date(json.created_at).toISOString(),
  updatedAt: new Date(json.updated_at).toISOString(),
});

/** A user's published state as the API returns users. */
export const apiUserFromState = ({ user, createdAt, version }: PresentState): ApiUser => ({
  id: user.id,
  firstName: user.firstName,
  lastName: user.lastName,
  username: user.username,
  emailAddress: user.emailAddress,
  role: user.role,
  createdAt: new Date(createdAt).toISOString(),
  updatedAt: new Date(version).toISOString(),
});

/** The name of a role that the roles file defines. */
export const roleSchema = (findRole: FindRole) =>
  z
    .string()
    .refine((name) => findRole(name).role === name, "Unknown role")
    .openapi({ description: "`user`, `admin` or another role of `roles.json`", example: "admin" });

/** No control character, and no half of a surrogate pair, which UTF-8 cannot hold. */
export const printable = /^[^\p{Cc}\p{Cs}]*$/u;

const name = z
  .string()
  .trim()
  .min(2)
  .max(50)
  .regex(printable, "Must not contain control characters or lone surrogates")
  // The pattern is repeated for OpenAPI, because JSON Schema has no `u` flag and few tools know Unicode classes.
  .openapi({ pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$" });

const hasNoDuplicates = (addresses: readonly string[]) => new Set(addresses).size === addresses.length;

const emailAddress = z
  .array(z.email().max(254).toLowerCase())
  .min(1)
  .max(10)
  .refine(hasNoDuplicates, "Must not contain duplicates")
  .openapi({
    uniqueItems: true,
    description: "The first one is the primary address. Stored in lowercase and marked as verified",
    example: ["ada@example.com"],
  });

/** A new user. The role has an operation of its own. */
export const createUserSchema = (policy: PasswordPolicy) =>
  z
    .strictObject({
      firstName: name.openapi({ example: "Ada" }),
      lastName: name.openapi({ example: "Lovelace" }),
      username: name.openapi({
        description:
          "Stored in lowercase. The Clerk instance has further rules; by default 4 to 64 letters, digits, _ and -",
        example: "lovelace",
      }),
      emailAddress,
      password: passwordSchema(policy),
    })
    .openapi("CreateUser");
export type CreateUserInput = z.infer<ReturnType<typeof createUserSchema>>;

/** A change of a user. A missing field stays unchanged; no field can be cleared. */
export const updateUserSchema = (policy: PasswordPolicy) => createUserSchema(policy).partial().openapi("UpdateUser");
export type UpdateUserInput = z.infer<ReturnType<typeof updateUserSchema>>;
