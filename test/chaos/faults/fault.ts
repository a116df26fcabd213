/** Something that goes wrong for a while. */
export interface Fault {
  /** Name in the report: "Redis killed". */
  readonly kind: string;
  /** Lets it go wrong for about so long; resolves when all is as it was. */
  readonly inject: (holdMs: number) => Promise<void>;
}
