import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ApiError } from "../../http/api-error.ts";
import {
  PASSWORDS_ENVIRONMENT,
  type PasswordPolicy,
  describeViolation,
  findPasswordViolations,
  toPasswordPolicy,
} from "./password-policy.ts";
import { passwordSchema, rejectPersonalInfo } from "./password-schema.ts";

const policyOf = (variables: Record<string, string> = {}): PasswordPolicy =>
  toPasswordPolicy(z.object(PASSWORDS_ENVIRONMENT).parse(variables));
const rulesOf = (policy: PasswordPolicy, password: string, owner = {}) =>
  findPasswordViolations(policy, password, owner).map((violation) =>
    violation.rule === "class_missing" ? violation.characterClass : violation.rule,
  );

describe("password policy", () => {
  test("requires only 8 to 50 characters by default", () => {
    expect(policyOf()).toEqual({
      minLength: 8,
      maxLength: 50,
      classes: [],
      forbiddenWords: [],
      forbidPersonalInfo: false,
    });
    expect(rulesOf(policyOf(), "aaaaaaa")).toEqual(["too_short"]);
    expect(rulesOf(policyOf(), "a".repeat(8))).toEqual([]);
    expect(rulesOf(policyOf(), "a".repeat(50))).toEqual([]);
    expect(rulesOf(policyOf(), "a".repeat(51))).toEqual(["too_long"]);
  });

  test("counts code points, not UTF-16 code units", () => {
    expect(rulesOf(policyOf(), "🦉".repeat(7))).toEqual(["too_short"]);
    expect(rulesOf(policyOf(), "🦉".repeat(50))).toEqual([]);
  });

  test("reports every missing character class, in any script", () => {
    const policy = policyOf({ PASSWORD_CLASSES: "lower,upper,digit,symbol" });
    expect(rulesOf(policy, "--------")).toEqual(["lower", "upper", "digit"]);
    expect(rulesOf(policy, "abcdefgh")).toEqual(["upper", "digit", "symbol"]);
    expect(rulesOf(policy, "Abcdefg1")).toEqual(["symbol"]);
    expect(rulesOf(policy, "Жжжжжж٣ ")).toEqual([]);
  });

  test("forbids words anywhere in the password, in any case or width", () => {
    const policy = policyOf({ PASSWORD_FORBIDDEN_WORDS: "acme, Hunter2" });
    expect(rulesOf(policy, "my-ACME-pass")).toEqual(["forbidden_word"]);
    expect(rulesOf(policy, "ｈｕｎｔｅｒ２ twice")).toEqual(["forbidden_word"]);
    expect(rulesOf(policy, "hunter and acm")).toEqual([]);
  });

  test("forbids personal information when configured, except words under three characters", () => {
    const owner = { firstName: "Ada", lastName: "Li", username: "countess", emailAddress: ["enchantress@example.com"] };
    const policy = policyOf({ PASSWORD_FORBID_PERSONAL_INFO: "true" });
    for (const password of ["12345ADA678", "the Countess", "enchantress1"]) {
      expect(rulesOf(policy, password, owner)).toEqual(["personal_info"]);
      expect(rulesOf(policyOf(), password, owner)).toEqual([]);
    }
    expect(rulesOf(policy, "list of example.com", owner)).toEqual([]);
    expect(rulesOf(policy, "whatever it is", {})).toEqual([]);
  });

  test("rejects a configuration that is invalid or wider than 8 to 50 characters", () => {
    expect(policyOf({ PASSWORD_LENGTH: "12-40" })).toMatchObject({ minLength: 12, maxLength: 40 });
    for (const length of ["7-50", "8-51", "20-10", "12", "a-b", "8-"]) {
      expect(() => policyOf({ PASSWORD_LENGTH: length })).toThrow(z.ZodError);
    }
    expect(() => policyOf({ PASSWORD_CLASSES: "lower,emoji" })).toThrow(z.ZodError);
  });
});

describe("password schema", () => {
  test("reports one issue per violation and accepts every other password", () => {
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

  test("never reveals the password or the forbidden word in its messages", () => {
    const policy = policyOf({ PASSWORD_FORBIDDEN_WORDS: "acme", PASSWORD_LENGTH: "12-50" });
    const messages = JSON.stringify(passwordSchema(policy).safeParse("s3cr3t acme").error?.issues).toLowerCase();
    expect(messages).not.toContain("s3cr3t");
    expect(messages).not.toContain("acme");
  });
});

test("a password that contains its owner's name is rejected with 400 and the reason", () => {
  const policy = policyOf({ PASSWORD_FORBID_PERSONAL_INFO: "true" });
  const reject = (password: string | undefined) => () => rejectPersonalInfo(policy, password, { firstName: "Ada" });
  expect(reject("ada loves engines")).toThrow(
    expect.objectContaining({
      status: 400,
      details: [{ path: "password", message: "Password contains the user's name, username or email address" }],
    }),
  );
  expect(reject("ada loves engines")).toThrow(ApiError);
  expect(reject("bob loves engines")).not.toThrow();
  expect(reject(undefined)).not.toThrow();
});
