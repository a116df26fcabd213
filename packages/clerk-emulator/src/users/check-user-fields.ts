import type { z } from "zod";
import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import { localeInvalid, paramMissingWith, totpSecretInvalid } from "../errors/form-errors.ts";
import { checkUnclaimed } from "../identifications/check-identifiers.ts";
import type { UserDirectory } from "../instance/user-directory.ts";
import { checkPassword } from "./check-password.ts";
import { checkUsername } from "./check-username.ts";
import type { userFields } from "./user-fields.ts";

type UserFields = z.output<z.ZodObject<typeof userFields>>;

/** What is wrong with the fields that a user (or somebody new, without an id) is to get: every fault, not the first. */
export function checkUserFields(users: UserDirectory, fields: UserFields, userId?: string): ApiErrorItem[] {
  return [
    ...(fields.username ? checkUsername(users, fields.username, userId) : []),
    ...(fields.external_id ? checkUnclaimed(users, "external_id", [fields.external_id], userId) : []),
    ...(fields.password ? checkPassword(fields.password, fields.skip_password_checks === true) : []),
    ...(fields.password_digest && !fields.password_hasher
      ? [paramMissingWith("password_hasher", "password_digest")]
      : []),
    ...(fields.locale && !isLocale(fields.locale) ? [localeInvalid("locale")] : []),
    ...(fields.totp_secret && !/^[A-Z2-7]{16,}=*$/i.test(fields.totp_secret) ? [totpSecretInvalid()] : []),
  ];
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
