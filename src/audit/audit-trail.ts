/** One line of the audit trail: who did what to whom, from where, and what came of it. Never holds a secret or a token. */
export interface AuditEntry {
  /** ms by our clock. */
  readonly at: number;
  readonly requestId: string;
  /** Dotted, past tense: `user.created`, `user.role_changed`, `access.denied`, `account.recovery_link_created`. */
  readonly action: string;
  readonly outcome: "done" | "denied" | "failed";
  readonly actor: {
    readonly kind: "user" | "service" | "anonymous";
    readonly id: string;
    readonly impersonatorId?: string;
  };
  readonly targetId?: string;
  readonly ip: string;
  readonly userAgent: string;
  /** What changed, without secrets. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  /** Stable code of why it was denied or failed. */
  readonly reason?: string;
}

/** Where entries go. Never throws: an audit trail that is away must not undo what was done; it is logged then. */
export interface AuditTrail {
  record(entry: AuditEntry): Promise<void>;
}
