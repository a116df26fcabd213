import { z } from "@hono/zod-openapi";
import { userIdParam } from "../http/responses.ts";
import type { PasswordPolicy } from "../passwords/password-policy.ts";
import { apiUserSchema } from "./api-user.ts";
import { createUserSchema, updateUserSchema } from "./user-input.ts";

const { userId } = userIdParam.shape;

export const batchOperationSchema = (policy: PasswordPolicy) =>
  z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("create"), user: createUserSchema(policy) }),
      z.strictObject({ type: z.literal("update"), userId, user: updateUserSchema(policy) }),
      z.strictObject({ type: z.literal("delete"), userId }),
    ])
    .openapi("BatchOperation");
export type BatchOperation = z.infer<ReturnType<typeof batchOperationSchema>>;

/** Each operation is checked by itself, so that one that is wrong does not keep the others from their turn. */
export const batchSchema = z
  .strictObject({
    operations: z
      .array(z.unknown().openapi({ allOf: [{ $ref: "#/components/schemas/BatchOperation" }] }))
      .min(1)
      .max(100),
  })
  .openapi("Batch");

const batchResultSchema = z
  .object({
    index: z.int().openapi({ description: "Of the operation" }),
    status: z.int().openapi({ description: "As the operation alone would be answered" }),
    user: apiUserSchema.optional().openapi({ description: "Of a create or an update" }),
    error: z
      .object({
        error: z.string(),
        code: z.string(),
        details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
      })
      .optional(),
  })
  .openapi("BatchResult");
export type BatchResult = z.infer<typeof batchResultSchema>;

export const batchResponseSchema = z
  .object({ results: z.array(batchResultSchema), succeeded: z.int(), failed: z.int() })
  .openapi("BatchResponse");
