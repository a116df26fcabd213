/** How an address or a connected account came to be verified, as Clerk's Backend API answers it. */
export interface Verification {
  readonly object: "verification_admin" | "verification_from_oauth" | "verification_oauth";
  readonly status: "verified";
  readonly strategy: string;
  readonly attempts: number | null;
  /** Unix milliseconds. */
  readonly expire_at: number | null;
}

/** What the Backend API gives to every address it creates as verified. */
export const verifiedByAdmin: Verification = {
  object: "verification_admin",
  status: "verified",
  strategy: "admin",
  attempts: null,
  expire_at: null,
};
