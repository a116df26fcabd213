/** What the analytics count besides what Clerk's messages say. */
export type SecurityEvent = "token_rejected" | "password_rejected" | "admin_denied" | "rate_limited";

/** Counts security events. Never throws: numbers are not worth a failed request. */
export interface SecurityCounter {
  count(event: SecurityEvent): Promise<void>;
}
