import { lastIdentificationStays, lastRequiredIdentificationStays } from "../errors/refusals.ts";
import type { IdentifierKind, Instance } from "../instance/instance.ts";
import type { ClerkUser } from "../resources/user.ts";

/** Throws when a user without one more identification of this kind could no longer be told apart or sign in. */
export function keepAnIdentification({ requirements }: Instance, user: ClerkUser, kind: IdentifierKind): void {
  const counts: Record<IdentifierKind, number> = {
    email_address: user.email_addresses.length,
    phone_number: user.phone_numbers.length,
    web3_wallet: user.web3_wallets.length,
    username: user.username === null ? 0 : 1,
  };
  if (counts[kind] === 0) return;
  if (counts[kind] === 1 && requirements.required.includes(kind)) {
    throw lastRequiredIdentificationStays(kind.replaceAll("_", " "));
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 1) throw lastIdentificationStays();
}
