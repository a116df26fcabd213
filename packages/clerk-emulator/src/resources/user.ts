/** `null` only after a PUT with `null`. */
export type Metadata = Readonly<Record<string, unknown>> | null;

/** A user as the Backend API returns it and as webhooks contain it. All times are in Unix milliseconds. */
export interface ClerkUser {
  readonly id: string;
  readonly object: "user";
  readonly external_id: string | null;
  readonly primary_email_address_id: string | null;
  readonly primary_phone_number_id: string | null;
  readonly primary_web3_wallet_id: string | null;
  readonly username: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly locale: string | null;
  /** In the SDK's types but not in the OpenAPI document. */
  readonly profile_image_url: string;
  readonly image_url: string;
  readonly has_image: boolean;
  readonly public_metadata: Metadata;
  readonly private_metadata: Metadata;
  readonly unsafe_metadata: Metadata;
  readonly email_addresses: readonly EmailAddress[];
  readonly phone_numbers: readonly PhoneNumber[];
  readonly web3_wallets: readonly Web3Wallet[];
  readonly passkeys: readonly never[];
  readonly external_accounts: readonly ExternalAccount[];
  readonly saml_accounts: readonly never[];
  readonly enterprise_accounts: readonly never[];
  readonly password_enabled: boolean;
  readonly password_last_updated_at: number | null;
  readonly two_factor_enabled: boolean;
  readonly totp_enabled: boolean;
  readonly backup_code_enabled: boolean;
  readonly mfa_enabled_at: number | null;
  readonly mfa_disabled_at: number | null;
  readonly last_sign_in_at: number | null;
  /** Midnight (UTC) of the day of the last session activity. */
  readonly last_active_at: number | null;
  readonly banned: boolean;
  readonly locked: boolean;
  readonly deprovisioned: boolean;
  readonly lockout_expires_in_seconds: number | null;
  readonly verification_attempts_remaining: number | null;
  readonly delete_self_enabled: boolean;
  readonly create_organization_enabled: boolean;
  readonly create_organizations_limit: number | null;
  readonly legal_accepted_at: number | null;
  readonly bypass_client_trust: boolean;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What Clerk reports about a user after deletion: no address, no name, no version. */
export interface DeletedUser {
  readonly object: "user";
  readonly id: string;
  readonly deleted: true;
  readonly external_id?: string;
}

/** The link from an address to the connected account it came from. */
interface IdentificationLink {
  readonly type: string;
  readonly id: string;
}

interface Identification {
  readonly id: string;
  /** `null` until the address is verified. */
  readonly verification: Verification | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface EmailAddress extends Identification {
  readonly object: "email_address";
  readonly email_address: string;
  /** Unverified but usable for sign-in, and not available to other users. */
  readonly reserved: boolean;
  readonly linked_to: readonly IdentificationLink[];
  readonly matches_sso_connection: boolean;
}

export interface PhoneNumber extends Identification {
  readonly object: "phone_number";
  readonly phone_number: string;
  readonly reserved: boolean;
  readonly reserved_for_second_factor: boolean;
  readonly default_second_factor: boolean;
  readonly linked_to: readonly IdentificationLink[];
  readonly backup_codes: readonly string[] | null;
}

export interface Web3Wallet extends Identification {
  readonly object: "web3_wallet";
  readonly web3_wallet: string;
}

/** An account with an OAuth provider that a user has connected. */
export interface ExternalAccount {
  readonly object: "external_account";
  readonly id: string;
  /** Including the prefix: `oauth_google`. */
  readonly provider: string;
  readonly identification_id: string;
  readonly provider_user_id: string;
  readonly approved_scopes: string;
  readonly email_address: string;
  readonly email_address_verified: boolean | null;
  readonly first_name: string;
  readonly last_name: string;
  readonly image_url: string | null;
  readonly username: string | null;
  readonly phone_number: string | null;
  readonly public_metadata: Readonly<Record<string, unknown>>;
  readonly label: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly verification: Verification | null;
}

/** How an address or a connected account was verified, as Clerk's Backend API returns it. */
export interface Verification {
  readonly object: "verification_admin" | "verification_from_oauth" | "verification_oauth";
  readonly status: "verified";
  readonly strategy: string;
  readonly attempts: number | null;
  /** Unix milliseconds. */
  readonly expire_at: number | null;
}

/** The verification of every address that the Backend API creates as verified. */
export const verifiedByAdmin: Verification = {
  object: "verification_admin",
  status: "verified",
  strategy: "admin",
  attempts: null,
  expire_at: null,
};
