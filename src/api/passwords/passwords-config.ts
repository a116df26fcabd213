import { z } from "zod";
import { flag, list } from "../../shared/environment.ts";
import { characterClasses, type PasswordPolicy } from "./password-policy.ts";

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
