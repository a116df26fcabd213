import { z } from "@hono/zod-openapi";
import type { FindRole } from "../auth/read-roles.ts";

/** The name of a role that the file of roles knows. */
export const roleSchema = (findRole: FindRole) =>
  z
    .string()
    .refine((name) => findRole(name).role === name, "Not a role")
    .openapi({ description: "`user`, `admin` or another role of `roles.json`", example: "admin" });
