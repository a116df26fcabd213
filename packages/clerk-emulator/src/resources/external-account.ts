import type { Verification } from "./verification.ts";

/** An account with an OAuth provider that a user has connected. */
export interface ExternalAccount {
  readonly object: "external_account";
  readonly id: string;
  /** With the prefix: `oauth_google`. */
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
