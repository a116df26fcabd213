/** What a `session.*` message of Clerk says. Times are ms. */
export interface SessionChange {
  /** `svix-id`: the same for every repetition of the message. */
  readonly messageId: string;
  readonly event: "signed_in" | "signed_out" | "revoked";
  readonly userId: string;
  readonly at: number;
  /** When the session was last used, where that is known. */
  readonly activeAt: number | undefined;
}
