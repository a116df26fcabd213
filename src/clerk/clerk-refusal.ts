/** One thing that Clerk found wrong. */
export interface ClerkIssue {
  /** Clerk's own: `form_identifier_exists`. */
  readonly code: string;
  /** The parameter it is about, in snake case: `email_address`. */
  readonly paramName: string | undefined;
}

/** Clerk understood a request and refused it: a 4xx other than 429. `issues` are in Clerk's order, and may be empty. */
export class ClerkRefusal extends Error {
  override readonly name = "ClerkRefusal";
  readonly status: number;
  readonly issues: readonly ClerkIssue[];

  constructor(operation: string, status: number, issues: readonly ClerkIssue[], cause?: unknown) {
    super(`Clerk refused ${operation} with ${status}: ${issues.map(({ code }) => code).join(", ") || "no code"}`, {
      cause,
    });
    this.status = status;
    this.issues = issues;
  }

  get codes(): string[] {
    return this.issues.map(({ code }) => code);
  }

  get paramNames(): string[] {
    return [...new Set(this.issues.flatMap(({ paramName }) => paramName ?? []))];
  }

  /** Whether Clerk found this wrong, with this parameter if one is named. */
  has(code: string, paramName?: string): boolean {
    return this.issues.some(
      (issue) => issue.code === code && (paramName === undefined || issue.paramName === paramName),
    );
  }
}
