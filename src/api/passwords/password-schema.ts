import { z } from "@hono/zod-openapi";
import { describeViolation } from "./describe-violation.ts";
import { findPasswordViolations } from "./find-password-violations.ts";
import type { PasswordPolicy } from "./password-policy.ts";

/**
 * A field `password` that keeps the policy, one issue for each violation. It cannot know whose password it is: for
 * that, who has the user calls `rejectPersonalInfo`.
 */
export const passwordSchema = (policy: PasswordPolicy) =>
  z
    .string()
    .superRefine((password, context) => {
      for (const violation of findPasswordViolations(policy, password)) {
        context.addIssue({ code: "custom", message: describeViolation(violation) });
      }
    })
    .openapi({
      format: "password",
      minLength: policy.minLength,
      maxLength: policy.maxLength,
      description: describePolicy(policy),
      example: "correct Horse 7 battery",
    });

function describePolicy({ classes, forbiddenWords, forbidOwnWords }: PasswordPolicy): string {
  const rules = [
    ...classes.map((characterClass) => describeViolation({ rule: "class_missing", characterClass })),
    ...(forbiddenWords.length > 0 ? ["Some words are forbidden"] : []),
    ...(forbidOwnWords ? ["The user's own names and e-mail addresses are forbidden"] : []),
    "Clerk refuses passwords that have leaked",
  ];
  return `${rules.join(". ")}.`;
}
