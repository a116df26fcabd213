import { refuseForm } from "../errors/clerk-api-error.ts";
import { metadataTooLarge } from "../errors/form-errors.ts";
import type { Metadata } from "../resources/user.ts";

/** Of each kind, as JSON. */
const LIMIT_BYTES = 8 * 1024;

const kinds = ["public_metadata", "private_metadata", "unsafe_metadata"] as const;

/** Throws when Clerk would not keep that much metadata with one user. */
export function checkMetadataSizes(metadata: {
  readonly [Kind in (typeof kinds)[number]]?: Metadata | undefined;
}): void {
  refuseForm(
    kinds.filter((kind) => Buffer.byteLength(JSON.stringify(metadata[kind] ?? {})) > LIMIT_BYTES).map(metadataTooLarge),
  );
}
