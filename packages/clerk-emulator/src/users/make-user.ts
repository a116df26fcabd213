import { makeEmailAddress } from "../identifications/make-email-address.ts";
import { makePhoneNumber } from "../identifications/make-phone-number.ts";
import { makeWeb3Wallet } from "../identifications/make-web3-wallet.ts";
import type { Instance } from "../instance/instance.ts";
import type { StoredUser } from "../instance/stored-user.ts";
import { normaliseUsername } from "./check-username.ts";
import type { CreateUserParams } from "./create-user.ts";
import { lockEnd } from "./lock-user.ts";
import { storePassword } from "./store-password.ts";

/** The new user that checked parameters describe; nobody knows of it yet. */
export function makeUser(instance: Instance, params: CreateUserParams): StoredUser {
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
      timezone: params.timezone ?? null,
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
