import { z } from "zod";
import { type ApiErrorItem, rejectForm } from "../errors/clerk-api-error.ts";
import { lengthMismatch, paramUnknown, userDataMissing } from "../errors/form-errors.ts";
import { checkEmailAddresses, checkPhoneNumbers, checkWeb3Wallets } from "../identifications/check-identifiers.ts";
import type { Instance, UserRequirements } from "../instance/instance.ts";
import { presentUser, type StoredUser } from "../instance/user-directory.ts";
import type { ClerkUser } from "../resources/user.ts";
import { checkMetadataSizes, checkUserFields, normaliseUsername } from "./check-user.ts";
import { metadata, userFields } from "./check-user.ts";
import { makeEmailAddress, makePhoneNumber, makeWeb3Wallet } from "../identifications/make-identifications.ts";
import { lockEnd } from "./user-status.ts";
import { storePassword } from "./passwords.ts";

const statuses = z.array(z.enum(["verified", "reserved"])).optional();

export const createUserParams = z.strictObject({
  ...userFields,
  email_address: z.array(z.string()).optional(),
  email_address_identification_status: statuses,
  phone_number: z.array(z.string()).optional(),
  phone_number_identification_status: statuses,
  web3_wallet: z.array(z.string()).optional(),
  skip_password_requirement: z.boolean().nullish(),
  skip_user_requirement: z.boolean().nullish(),
  public_metadata: metadata.optional(),
  private_metadata: metadata.optional(),
  unsafe_metadata: metadata.optional(),
  banned: z.boolean().nullish(),
  locked: z.boolean().nullish(),
});

export type CreateUserParams = z.output<typeof createUserParams>;

/** Creates a user, with the first address of each kind as the primary one, and sends `user.created`. */
export function createUser(instance: Instance, params: CreateUserParams): ClerkUser {
  rejectForm(checkNewUser(instance, params));
  checkMetadataSizes(params);
  const user = makeUser(instance, params);
  instance.users.put(user);
  const answer = presentUser(user, user.snapshot.updated_at);
  instance.publish({ type: "user.created", at: user.snapshot.updated_at, data: answer });
  return answer;
}

function checkNewUser({ users, requirements }: Instance, params: CreateUserParams): ApiErrorItem[] {
  const emails = params.email_address ?? [];
  const phones = params.phone_number ?? [];
  return [
    ...requirements.disabled.filter((attribute) => params[attribute] !== undefined).map(paramUnknown),
    ...checkRequirements(requirements, params),
    ...checkEmailAddresses(users, emails),
    ...checkPhoneNumbers(users, phones),
    ...checkWeb3Wallets(users, params.web3_wallet ?? []),
    ...checkParallel("email_address", emails, params.email_address_identification_status),
    ...checkParallel("phone_number", phones, params.phone_number_identification_status),
    ...checkUserFields(users, params),
  ];
}

function checkRequirements({ required }: UserRequirements, params: CreateUserParams): ApiErrorItem[] {
  const given = {
    email_address: (params.email_address ?? []).length > 0,
    phone_number: (params.phone_number ?? []).length > 0,
    web3_wallet: (params.web3_wallet ?? []).length > 0,
    username: Boolean(params.username),
    password: Boolean(params.password ?? params.password_digest) || params.skip_password_requirement === true,
  };
  const identified = given.email_address || given.phone_number || given.web3_wallet || given.username;
  if (!identified) return [userDataMissing(["email_address"])];
  const missing = required.filter(
    (attribute) => !given[attribute] && (attribute === "password" || params.skip_user_requirement !== true),
  );
  return missing.length > 0 ? [userDataMissing(missing)] : [];
}

function checkParallel(param: string, values: readonly string[], states: readonly string[] = []): ApiErrorItem[] {
  if (states.length === 0 || states.length === values.length) return [];
  return [lengthMismatch(`${param}_identification_status`, param)];
}

/** Builds the new user from checked parameters, without storing or publishing it. */
function makeUser(instance: Instance, params: CreateUserParams): StoredUser {
  const at = instance.now();
  const id = instance.makeId("user");
  const emails = (params.email_address ?? []).map((address, index) =>
    makeEmailAddress(instance, address, params.email_address_identification_status?.[index] ?? "verified", at),
  );
  const phones = (params.phone_number ?? []).map((number, index) =>
    makePhoneNumber(instance, number, params.phone_number_identification_status?.[index] ?? "verified", at),
  );
  const wallets = (params.web3_wallet ?? []).map((address) => makeWeb3Wallet(instance, address, at));
  const password = storePassword(params);
  const backupCodes = params.backup_codes ?? [];
  const hasMfa = Boolean(params.totp_secret);
  return {
    credentials: { password, totpSecret: params.totp_secret ?? null, backupCodes },
    lockedUntil: params.locked === true ? lockEnd(at) : null,
    snapshot: {
      id,
      object: "user",
      external_id: params.external_id ?? null,
      primary_email_address_id: emails[0]?.id ?? null,
      primary_phone_number_id: phones[0]?.id ?? null,
      primary_web3_wallet_id: wallets[0]?.id ?? null,
      username: params.username ? normaliseUsername(params.username) : null,
      first_name: params.first_name ?? null,
      last_name: params.last_name ?? null,
      locale: params.locale ?? null,
      profile_image_url: `https://img.clerk.com/${id}`,
      image_url: `https://img.clerk.com/${id}`,
      has_image: false,
      public_metadata: params.public_metadata ?? {},
      private_metadata: params.private_metadata ?? {},
      unsafe_metadata: params.unsafe_metadata ?? {},
      email_addresses: emails,
      phone_numbers: phones,
      web3_wallets: wallets,
      passkeys: [],
      external_accounts: [],
      saml_accounts: [],
      enterprise_accounts: [],
      password_enabled: password !== null,
      password_last_updated_at: password === null ? null : at,
      two_factor_enabled: hasMfa,
      totp_enabled: hasMfa,
      backup_code_enabled: backupCodes.length > 0,
      mfa_enabled_at: hasMfa ? at : null,
      mfa_disabled_at: null,
      last_sign_in_at: null,
      last_active_at: null,
      banned: params.banned === true,
      locked: false,
      deprovisioned: false,
      lockout_expires_in_seconds: null,
      verification_attempts_remaining: 100,
      delete_self_enabled: params.delete_self_enabled ?? true,
      create_organization_enabled: params.create_organization_enabled ?? true,
      create_organizations_limit: params.create_organizations_limit ?? null,
      legal_accepted_at: params.legal_accepted_at ?? null,
      bypass_client_trust: params.bypass_client_trust ?? false,
      created_at: params.created_at ?? at,
      updated_at: at,
    },
  };
}
