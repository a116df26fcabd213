import type { Verification } from "./verification.ts";

/** What ties an address to the connected account it came from. */
interface IdentificationLink {
  readonly type: string;
  readonly id: string;
}

interface Identification {
  readonly id: string;
  /** `null` as long as nobody has verified it. */
  readonly verification: Verification | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface EmailAddress extends Identification {
  readonly object: "email_address";
  readonly email_address: string;
  /** Unverified, yet usable for sign-in and claimed against other users. */
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
