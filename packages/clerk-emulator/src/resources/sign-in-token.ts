/** A one-time link by which a user signs in without credentials. All times are Unix milliseconds. */
export interface SignInToken {
  readonly object: "sign_in_token";
  readonly id: string;
  readonly status: "pending" | "accepted" | "revoked";
  readonly user_id: string;
  readonly token: string;
  readonly url: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}
