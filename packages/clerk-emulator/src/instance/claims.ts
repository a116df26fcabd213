import type { ClerkUser } from "../resources/user.ts";

export type ClaimKind = "email_address" | "phone_number" | "username" | "web3_wallet" | "external_id";

/** A value that only one user of the instance may hold, such as `email_address:ada@example.com`. */
export type Claim = `${ClaimKind}:${string}`;

/** Everything a user holds against all others. An address that is neither verified nor reserved is not claimed. */
export function claimsOf(user: ClerkUser): Claim[] {
  const claims: Claim[] = [];
  for (const email of user.email_addresses) {
    if (email.verification !== null || email.reserved) claims.push(`email_address:${email.email_address}`);
  }
  for (const phone of user.phone_numbers) {
    if (phone.verification !== null || phone.reserved) claims.push(`phone_number:${phone.phone_number}`);
  }
  for (const wallet of user.web3_wallets) claims.push(`web3_wallet:${wallet.web3_wallet}`);
  if (user.username !== null) claims.push(`username:${user.username}`);
  if (user.external_id !== null) claims.push(`external_id:${user.external_id}`);
  return claims;
}
