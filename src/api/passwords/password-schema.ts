import { z } from "@hono/zod-openapi";
import { invalidInput } from "../http/create-router.ts";
import {
  describeViolation,
  findPasswordViolations,
  type PasswordOwner,
  type PasswordPolicy,
} from "./password-policy.ts";

/**
 * The field `password`, with one issue for each violation of the policy. The schema does not know the password's owner;
 * a route that does calls {@link rejectPersonalInfo} as well.
 */
export const passwordSchema = (policy: PasswordPolicy) =>
  z
    .string()
    // A hash may end at NUL, and UTF-8 cannot hold half of a surrogate pair: other passwords would then be right too.
    .refine(
      (password) => password.isWellFormed() && !password.includes("\0"),
      "Must not contain NUL or lone surrogates",
    )
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

function describePolicy({ classes, forbiddenWords, forbidPersonalInfo }: PasswordPolicy): string {
  const rules = [
    ...classes.map((characterClass) => describeViolation({ rule: "class_missing", characterClass })),
    ...(forbiddenWords.length > 0 ? ["Some words are forbidden"] : []),
    ...(forbidPersonalInfo ? ["The user's own names and email addresses are forbidden"] : []),
    "Clerk rejects passwords that have leaked",
  ];
  return `${rules.join(". ")}.`;
}

/**
 * Throws 400 when the policy forbids the password because it contains personal information of its owner. `owner` is the
 * user after the change: for an update, Clerk's user overlaid with the updated fields. Accepts a missing password.
 */
export function rejectPersonalInfo(policy: PasswordPolicy, password: string | undefined, owner: PasswordOwner): void {
  if (password === undefined) return;
  const violations = findPasswordViolations(policy, password, owner).filter(({ rule }) => rule === "personal_info");
  if (violations.length === 0) return;
  throw invalidInput(violations.map((violation) => ({ path: ["password"], message: describeViolation(violation) })));
}
