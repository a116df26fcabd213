import type { EmailAddress, PhoneNumber, Web3Wallet } from "./identifications.ts";
import type { ExternalAccount } from "./external-account.ts";

/** `null` only after a PUT that asked for it. */
export type Metadata = Readonly<Record<string, unknown>> | null;

/** A user as the Backend API answers it and as webhooks carry it. All times are Unix milliseconds. */
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
  /** In the SDK's types, not in the OpenAPI document. */
  readonly timezone: string | null;
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

/** What Clerk still says about a user after deletion: no address, no name, no version. */
export interface DeletedUser {
  readonly object: "user";
  readonly id: string;
  readonly deleted: true;
  readonly external_id?: string;
}
