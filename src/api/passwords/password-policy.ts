import { z } from "zod";
import { flag, list } from "../../shared/environment.ts";

/** Kinds of characters. Every character that is neither a letter nor a digit is a symbol, including a space. */
const characterClasses = ["lower", "upper", "digit", "symbol"] as const;
type CharacterClass = (typeof characterClasses)[number];

/** Rules for new passwords. Clerk has rules of its own (no leaked passwords, at most 72 bytes) and checks them afterwards. */
export interface PasswordPolicy {
  /** In code points, as JSON Schema counts. */
  readonly minLength: number;
  readonly maxLength: number;
  /** A password contains at least one character of each of these classes. */
  readonly classes: readonly CharacterClass[];
  /** A password contains none of these words, compared without case. */
  readonly forbiddenWords: readonly string[];
  /** Whether the names, the username and the email addresses of the password's owner are forbidden too. */
  readonly forbidPersonalInfo: boolean;
}

/** The known facts about the user whose password it is. */
export interface PasswordOwner {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly username?: string | undefined;
  readonly emailAddress?: readonly string[] | undefined;
}

type PasswordViolation =
  | { readonly rule: "too_short"; readonly minLength: number }
  | { readonly rule: "too_long"; readonly maxLength: number }
  | { readonly rule: "class_missing"; readonly characterClass: CharacterClass }
  | { readonly rule: "forbidden_word" }
  | { readonly rule: "personal_info" };

/** Shorter words do not count: the first name Al would otherwise forbid every password that contains "al". */
const minPersonalWordLength = 3;

const characterOf: Readonly<Record<CharacterClass, RegExp>> = {
  lower: /\p{Ll}/u,
  upper: /\p{Lu}/u,
  digit: /\p{Nd}/u,
  symbol: /[^\p{L}\p{M}\p{N}]/u,
};

/** Returns every violation of the policy, in the order of its rules. */
export function findPasswordViolations(
  policy: PasswordPolicy,
  password: string,
  owner: PasswordOwner = {},
): PasswordViolation[] {
  const { minLength, maxLength } = policy;
  const { length } = Array.from(password);
  const violations: PasswordViolation[] = [];
  if (length < minLength) violations.push({ rule: "too_short", minLength });
  if (length > maxLength) violations.push({ rule: "too_long", maxLength });
  for (const characterClass of policy.classes) {
    if (!characterOf[characterClass].test(password)) violations.push({ rule: "class_missing", characterClass });
  }
  if (containsAny(password, policy.forbiddenWords)) violations.push({ rule: "forbidden_word" });
  if (policy.forbidPersonalInfo && containsAny(password, personalWords(owner)))
    violations.push({ rule: "personal_info" });
  return violations;
}

function containsAny(password: string, words: readonly string[]): boolean {
  const folded = fold(password);
  return words.some((word) => folded.includes(fold(word)));
}

/** One form for the spellings that people take for the same word: `ＡＤＡ`, `Ada`, `ada`. */
const fold = (text: string) => text.normalize("NFKC").toLowerCase();

function personalWords({ firstName = "", lastName = "", username = "", emailAddress = [] }: PasswordOwner): string[] {
  const mailboxes = emailAddress.map((address) => address.split("@")[0] ?? "");
  return [firstName, lastName, username, ...mailboxes].filter(({ length }) => length >= minPersonalWordLength);
}

/** The message for the user. It never contains a part of the password or the forbidden word. */
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
    case "personal_info":
      return "Password contains the user's name, username or email address";
  }
}

const nameOf: Readonly<Record<CharacterClass, string>> = {
  lower: "a lowercase letter",
  upper: "an uppercase letter",
  digit: "a digit",
  symbol: "a symbol",
};

/** The limits of the API itself; a policy can only be stricter. */
const apiLimits = { minLength: 8, maxLength: 50 };

const lengthRange = z
  .string()
  .regex(/^\d{1,3}-\d{1,3}$/, "must be two numbers, as in 8-50")
  .transform((text) => {
    const [minLength = 0, maxLength = 0] = text.split("-").map(Number);
    return { minLength, maxLength };
  })
  .refine(
    ({ minLength, maxLength }) =>
      apiLimits.minLength <= minLength && minLength <= maxLength && maxLength <= apiLimits.maxLength,
    `must lie within ${apiLimits.minLength}-${apiLimits.maxLength}`,
  );

export const PASSWORDS_ENVIRONMENT = {
  PASSWORD_LENGTH: lengthRange.prefault("8-50").describe("Minimum and maximum length of a password, within 8-50"),
  PASSWORD_CLASSES: list
    .pipe(z.array(z.enum(characterClasses)))
    .default([])
    .describe("Character classes that a password must contain: lower, upper, digit, symbol; comma-separated"),
  PASSWORD_FORBIDDEN_WORDS: list
    .default([])
    .describe("Words that a password must not contain, comma-separated, in any case"),
  PASSWORD_FORBID_PERSONAL_INFO: flag
    .default(false)
    .describe("Whether a password must not contain the user's names, username or email address"),
};
type Environment = z.infer<z.ZodObject<typeof PASSWORDS_ENVIRONMENT>>;

export const toPasswordPolicy = (env: Environment): PasswordPolicy => ({
  ...env.PASSWORD_LENGTH,
  classes: env.PASSWORD_CLASSES,
  forbiddenWords: env.PASSWORD_FORBIDDEN_WORDS,
  forbidPersonalInfo: env.PASSWORD_FORBID_PERSONAL_INFO,
});
