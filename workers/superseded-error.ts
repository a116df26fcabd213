/** A later owner has claimed the shard's ledger. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}
