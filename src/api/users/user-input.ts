import { z } from "@hono/zod-openapi";
import type { FindRole } from "../auth/roles.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import { passwordSchema } from "../passwords/password-schema.ts";

/** The name of a role that the file of roles knows. */
export const roleSchema = (findRole: FindRole) =>
  z
    .string()
    .refine((name) => findRole(name).role === name, "Not a role")
    .openapi({ description: "`user`, `admin` or another role of `roles.json`", example: "admin" });

const name = z
  .string()
  .trim()
  .min(2)
  .max(50)
  .regex(/^\P{Cc}*$/u, "Must not hold control characters")
  // JSON Schema has no flags, and few of its readers know classes of Unicode.
  .openapi({ pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$" });

const hasNoDuplicates = (addresses: readonly string[]) => new Set(addresses).size === addresses.length;

const emailAddress = z
  .array(z.email().max(254).toLowerCase())
  .min(1)
  .max(10)
  .refine(hasNoDuplicates, "Must not hold duplicates")
  .openapi({
    uniqueItems: true,
    description: "The first is the primary address. Clerk has them in lower case, and counts them as verified",
    example: ["ada@example.com"],
  });

/** What a user is made of. The role is not among it: it has an operation of its own. */
export const createUserSchema = (policy: PasswordPolicy) =>
  z
    .strictObject({
      firstName: name.openapi({ example: "Ada" }),
      lastName: name.openapi({ example: "Lovelace" }),
      username: name.openapi({
        description:
          "Clerk has it in lower case, and has rules of its own: by default 4 to 64 of letters, digits, _ and -",
        example: "lovelace",
      }),
      emailAddress,
      password: passwordSchema(policy),
    })
    .openapi("CreateUser");
export type CreateUserInput = z.infer<ReturnType<typeof createUserSchema>>;

/** Any part of it. What is not given stays; nothing can be cleared, as each user has had all of it. */
export const updateUserSchema = (policy: PasswordPolicy) => createUserSchema(policy).partial().openapi("UpdateUser");
export type UpdateUserInput = z.infer<ReturnType<typeof updateUserSchema>>;
