import type { AccountJson } from "./account-details.ts";

export type EmailChange =
  /** A new address, verified; as the primary one if it is to be that. */
  | { readonly step: "add_email"; readonly address: string; readonly primary: boolean }
  /** An address that is there becomes the primary one, which only a verified one can be. */
  | { readonly step: "primary_email"; readonly address: string; readonly id: string; readonly verify: boolean }
  | { readonly step: "remove_email"; readonly address: string; readonly id: string };

/**
 * The changes that make a user's addresses those wanted (in lower case), the first one primary; none when they are already.
 * In this order: new ones, the new primary one last of them; then the primary one if it was there; then old ones away. So
 * whatever step fails, the user keeps an address to sign in with, and planning again gives the rest.
 */
export function planEmailChanges(
  user: Pick<AccountJson, "email_addresses" | "primary_email_address_id">,
  wanted: readonly string[],
): EmailChange[] {
  const current = user.email_addresses.map(({ id, email_address, verification }) => ({
    id,
    address: email_address.toLowerCase(),
    verify: verification?.status !== "verified",
  }));
  const [first] = wanted;
  const isCurrent = (address: string) => current.some((held) => held.address === address);
  const added = wanted.filter((address) => !isCurrent(address));
  const primary = current.find(({ address }) => address === first);
  return [
    ...added
      .toSorted((a, b) => Number(a === first) - Number(b === first))
      .map((address): EmailChange => ({ step: "add_email", address, primary: address === first })),
    ...(primary !== undefined && primary.id !== user.primary_email_address_id
      ? [{ step: "primary_email" as const, ...primary }]
      : []),
    ...current
      .filter(({ address }) => !wanted.includes(address))
      .map(({ id, address }): EmailChange => ({ step: "remove_email", id, address })),
  ];
}

/** Whether the change says of an address that it is the user's, with nobody having proved it. */
export const addsUnverifiedEmail = (change: EmailChange): boolean =>
  change.step === "add_email" || (change.step === "primary_email" && change.verify);
