import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ApiError } from "../../http/api-error.ts";
import { describeViolation } from "./describe-violation.ts";
import { findPasswordViolations } from "./find-password-violations.ts";
import type { PasswordPolicy } from "./password-policy.ts";
import { passwordSchema } from "./password-schema.ts";
import { PASSWORDS_ENVIRONMENT, toPasswordPolicy } from "./passwords-config.ts";
import { rejectPersonalInfo } from "./reject-personal-info.ts";

const policyOf = (variables: Record<string, string> = {}): PasswordPolicy =>
  toPasswordPolicy(z.object(PASSWORDS_ENVIRONMENT).parse(variables));
const rulesOf = (policy: PasswordPolicy, password: string, owner = {}) =>
  findPasswordViolations(policy, password, owner).map((violation) =>
    violation.rule === "class_missing" ? violation.characterClass : violation.rule,
  );

describe("the password policy", () => {
  it("asks for nothing but 8 to 50 characters unless told otherwise", () => {
    expect(policyOf()).toEqual({
      minLength: 8,
      maxLength: 50,
      classes: [],
      forbiddenWords: [],
      forbidOwnWords: false,
    });
    expect(rulesOf(policyOf(), "aaaaaaa")).toEqual(["too_short"]);
    expect(rulesOf(policyOf(), "a".repeat(8))).toEqual([]);
    expect(rulesOf(policyOf(), "a".repeat(50))).toEqual([]);
    expect(rulesOf(policyOf(), "a".repeat(51))).toEqual(["too_long"]);
  });

  it("counts characters, not the halves that JavaScript keeps of some of them", () => {
    expect(rulesOf(policyOf(), "🦉".repeat(7))).toEqual(["too_short"]);
    expect(rulesOf(policyOf(), "🦉".repeat(50))).toEqual([]);
  });

  it("names every class of characters that is missing, in any script", () => {
    const policy = policyOf({ PASSWORD_CLASSES: "lower,upper,digit,symbol" });
    expect(rulesOf(policy, "--------")).toEqual(["lower", "upper", "digit"]);
    expect(rulesOf(policy, "abcdefgh")).toEqual(["upper", "digit", "symbol"]);
    expect(rulesOf(policy, "Abcdefg1")).toEqual(["symbol"]);
    expect(rulesOf(policy, "Жжжжжж٣ ")).toEqual([]);
  });

  it("forbids words wherever they stand and however they are written", () => {
    const policy = policyOf({ PASSWORD_FORBIDDEN_WORDS: "acme, Hunter2" });
    expect(rulesOf(policy, "my-ACME-pass")).toEqual(["forbidden_word"]);
    expect(rulesOf(policy, "ｈｕｎｔｅｒ２ twice")).toEqual(["forbidden_word"]);
    expect(rulesOf(policy, "hunter and acm")).toEqual([]);
  });

  it("forbids the owner's own words when told to, but none so short that they forbid half the alphabet", () => {
    const owner = { firstName: "Ada", lastName: "Li", username: "countess", emailAddress: ["enchantress@example.com"] };
    const policy = policyOf({ PASSWORD_FORBID_OWN_WORDS: "true" });
    for (const password of ["12345ADA678", "the Countess", "enchantress1"]) {
      expect(rulesOf(policy, password, owner)).toEqual(["own_word"]);
      expect(rulesOf(policyOf(), password, owner)).toEqual([]);
    }
    expect(rulesOf(policy, "list of example.com", owner)).toEqual([]);
    expect(rulesOf(policy, "whatever it is", {})).toEqual([]);
  });

  it("can only be narrower than the contract, and its mistakes are told at start-up", () => {
    expect(policyOf({ PASSWORD_LENGTH: "12-40" })).toMatchObject({ minLength: 12, maxLength: 40 });
    for (const length of ["7-50", "8-51", "20-10", "12", "a-b", "8-"]) {
      expect(() => policyOf({ PASSWORD_LENGTH: length })).toThrow(z.ZodError);
    }
    expect(() => policyOf({ PASSWORD_CLASSES: "lower,emoji" })).toThrow(z.ZodError);
  });
});

describe("a password field", () => {
  it("has an issue for each violation, and accepts exactly what has none", () => {
    const policy = policyOf({ PASSWORD_CLASSES: "upper,digit", PASSWORD_FORBIDDEN_WORDS: "acme" });
    const schema = passwordSchema(policy);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (password) => {
        const parsed = schema.safeParse(password);
        const messages = parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
        expect(messages).toEqual(findPasswordViolations(policy, password).map(describeViolation));
      }),
    );
    expect(schema.safeParse("ACME-2026").error?.issues).toHaveLength(1);
    expect(schema.safeParse(12_345_678).success).toBe(false);
  });

  it("never tells the password, nor which word of the list was in it", () => {
    const policy = policyOf({ PASSWORD_FORBIDDEN_WORDS: "acme", PASSWORD_LENGTH: "12-50" });
    const said = JSON.stringify(passwordSchema(policy).safeParse("s3cr3t acme").error?.issues).toLowerCase();
    expect(said).not.toContain("s3cr3t");
    expect(said).not.toContain("acme");
  });
});

it("a password with its owner's name is answered with 400 and a detail", () => {
  const policy = policyOf({ PASSWORD_FORBID_OWN_WORDS: "true" });
  const refuse = (password: string | undefined) => () => rejectPersonalInfo(policy, password, { firstName: "Ada" });
  expect(refuse("ada loves engines")).toThrow(
    expect.objectContaining({
      status: 400,
      details: [{ path: "password", message: "Password contains the user's name, username or e-mail address" }],
    }),
  );
  expect(refuse("ada loves engines")).toThrow(ApiError);
  expect(refuse("bob loves engines")).not.toThrow();
  expect(refuse(undefined)).not.toThrow();
});
