import { rejectForm, type ApiErrorItem } from "../errors/clerk-api-error.ts";
import {
  metadataTooLarge,
  passwordPwned,
  passwordTooLong,
  passwordTooShort,
  resourceMissing,
  verificationNeeded,
  localeInvalid,
  paramMissingWith,
  totpSecretInvalid,
  usernameOfDigitsOnly,
  usernameOfWrongCharacters,
  usernameOfWrongLength,
} from "../errors/form-errors.ts";
import type { Metadata, ClerkUser } from "../resources/user.ts";
import { z } from "zod";
import { checkUnclaimed } from "../identifications/check-identifiers.ts";
import type { UserDirectory } from "../instance/user-directory.ts";

// The parameters that creating and updating a user have in common. The operations decide what `null` and absent mean.

/** RFC 3339 in, Unix milliseconds out. */
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const name = z.string().max(256);

export const metadata = z.record(z.string(), z.unknown());

export const userFields = {
  external_id: z.string().max(256).nullish(),
  first_name: name.nullish(),
  last_name: name.nullish(),
  locale: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  password_digest: z.string().nullish(),
  password_hasher: z.string().nullish(),
  skip_password_checks: z.boolean().nullish(),
  totp_secret: z.string().nullish(),
  backup_codes: z.array(z.string()).nullish(),
  delete_self_enabled: z.boolean().nullish(),
  create_organization_enabled: z.boolean().nullish(),
  create_organizations_limit: z.int().nullish(),
  legal_accepted_at: time.nullish(),
  skip_legal_checks: z.boolean().nullish(),
  created_at: time.nullish(),
  bypass_client_trust: z.boolean().nullish(),
};

/** The limit of each kind of metadata, as JSON. */
const MAX_METADATA_BYTES = 8 * 1024;

const kinds = ["public_metadata", "private_metadata", "unsafe_metadata"] as const;

/** Throws when a kind of metadata is larger than Clerk allows. */
export function checkMetadataSizes(given: {
  readonly [Kind in (typeof kinds)[number]]?: Metadata | undefined;
}): void {
  rejectForm(
    kinds
      .filter((kind) => Buffer.byteLength(JSON.stringify(given[kind] ?? {})) > MAX_METADATA_BYTES)
      .map(metadataTooLarge),
  );
}

/** A few of the most common breached passwords. Clerk asks Have I Been Pwned; the emulator works offline. */
const PWNED = new Set(
  (
    "password password1 password123 passw0rd 12345678 123456789 1234567890 qwertyuiop qwerty123 iloveyou " +
    "sunshine princess football baseball superman letmein1 trustno1 welcome1 admin123 abc12345 11111111"
  ).split(" "),
);

/** The errors in a new password. `skipChecks` is Clerk's `skip_password_checks`. */
function checkPassword(password: string, skipChecks: boolean): ApiErrorItem[] {
  if (skipChecks) return [];
  if (password.length < 8) return [passwordTooShort()];
  if (password.length > 72) return [passwordTooLong()];
  return PWNED.has(password.toLowerCase()) ? [passwordPwned()] : [];
}

type Param = "primary_email_address_id" | "primary_phone_number_id" | "primary_web3_wallet_id";
type Choice = Partial<Record<Param, string | null | undefined>>;

/** The errors in chosen primary identifications: each must belong to the user and be verified. */
export function checkPrimaries(user: ClerkUser, choice: Choice): ApiErrorItem[] {
  return [
    ...checkPrimary("primary_email_address_id", choice, user.email_addresses),
    ...checkPrimary("primary_phone_number_id", choice, user.phone_numbers),
    ...checkPrimary("primary_web3_wallet_id", choice, user.web3_wallets),
  ];
}

function checkPrimary(
  param: Param,
  choice: Choice,
  own: readonly { readonly id: string; readonly verification: unknown }[],
): ApiErrorItem[] {
  const id = choice[param];
  if (!id) return [];
  const chosen = own.find((identification) => identification.id === id);
  if (chosen === undefined) return [resourceMissing(param)];
  return chosen.verification === null ? [verificationNeeded(param)] : [];
}

type UserFields = z.output<z.ZodObject<typeof userFields>>;

/** All errors in the fields of an update, or of a new user if there is no id. */
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

/** The errors in a username of the user with this id, or of a new user. */
function checkUsername(users: UserDirectory, username: string, userId?: string): ApiErrorItem[] {
  if (username.length < 4 || username.length > 64) return [usernameOfWrongLength()];
  if (!/^[\w-]+$/.test(username)) return [usernameOfWrongCharacters()];
  if (/^\d+$/.test(username)) return [usernameOfDigitsOnly()];
  return checkUnclaimed(users, "username", [normaliseUsername(username)], userId);
}

/** Clerk compares usernames case-insensitively and returns them in lower case. */
export function normaliseUsername(username: string): string {
  return username.toLowerCase();
}
