/** One entry of the `errors` list in a Backend API response. */
export interface ApiErrorItem {
  readonly code: string;
  readonly message: string;
  readonly long_message: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** An operation that Clerk rejects. The HTTP layer responds with this status and these items. */
export class ClerkApiError extends Error {
  override readonly name = "ClerkApiError";
  readonly status: number;
  readonly items: readonly ApiErrorItem[];
  /** Set on 429 only; whole seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, items: readonly ApiErrorItem[], retryAfterSeconds?: number) {
    super(items.map((item) => `${item.code}: ${item.long_message}`).join("; "));
    this.status = status;
    this.items = items;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Throws all form errors at once, as Clerk does. Returns when there are none. */
export function rejectForm(items: readonly ApiErrorItem[]): void {
  if (items.length > 0) throw new ClerkApiError(422, items);
}
