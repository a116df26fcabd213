import type { PasswordViolation } from "./password-policy.ts";

/** For people. Never holds a part of the password, nor the forbidden word. */
export function describeViolation(violation: PasswordViolation): string {
  switch (violation.rule) {
    case "too_short":
      return `Password must have at least ${violation.minLength} characters`;
    case "too_long":
      return `Password must have at most ${violation.maxLength} characters`;
    case "class_missing":
      return `Password must contain ${nameOf[violation.characterClass]}`;
    case "forbidden_word":
      return "Password contains a forbidden word";
    case "own_word":
      return "Password contains the user's name, username or e-mail address";
  }
}

const nameOf = {
  lower: "a lower-case letter",
  upper: "an upper-case letter",
  digit: "a digit",
  symbol: "a symbol",
};
