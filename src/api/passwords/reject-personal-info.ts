import { invalidInput } from "../http/create-router.ts";
import { describeViolation } from "./describe-violation.ts";
import { findPasswordViolations } from "./find-password-violations.ts";
import type { PasswordOwner, PasswordPolicy } from "./password-policy.ts";

/**
 * Throws 400 when the policy forbids a password because of whose it is. `owner` is the user as it will be: at an update,
 * the user of Clerk with the update's fields over it. No password is fine.
 */
export function rejectPersonalInfo(policy: PasswordPolicy, password: string | undefined, owner: PasswordOwner): void {
  if (password === undefined) return;
  const violations = findPasswordViolations(policy, password, owner).filter(({ rule }) => rule === "own_word");
  if (violations.length === 0) return;
  throw invalidInput(violations.map((violation) => ({ path: ["password"], message: describeViolation(violation) })));
}
