export interface Fault {
  /** Name in the report: "Redis killed". */
  readonly kind: string;
  /** Injects the fault for about `holdMs`. Resolves when its target works again. */
  readonly inject: (holdMs: number) => Promise<void>;
}
