import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import { passwordPwned, passwordTooLong, passwordTooShort } from "../errors/form-errors.ts";

/** A handful of the passwords that every breach list begins with. Clerk asks Have I Been Pwned; this stays offline. */
const PWNED = new Set(
  (
    "password password1 password123 passw0rd 12345678 123456789 1234567890 qwertyuiop qwerty123 iloveyou " +
    "sunshine princess football baseball superman letmein1 trustno1 welcome1 admin123 abc12345 11111111"
  ).split(" "),
);

/** What is wrong with a new password. `skipChecks` is Clerk's `skip_password_checks`. */
export function checkPassword(password: string, skipChecks: boolean): ApiErrorItem[] {
  if (skipChecks) return [];
  if (password.length < 8) return [passwordTooShort()];
  if (password.length > 72) return [passwordTooLong()];
  return PWNED.has(password.toLowerCase()) ? [passwordPwned()] : [];
}
