import { z } from "zod";
import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import {
  duplicateValues,
  emailAddressInvalid,
  identifierExists,
  phoneNumberInvalid,
  web3WalletInvalid,
} from "../errors/form-errors.ts";
import { lastIdentificationNotDeletable, lastRequiredIdentificationNotDeletable } from "../errors/rejections.ts";
import type { IdentifierKind, Instance } from "../instance/instance.ts";
import type { ClaimKind } from "../instance/session-directory.ts";
import type { UserDirectory } from "../instance/user-directory.ts";
import type { ClerkUser } from "../resources/user.ts";
import { normaliseEmail } from "./make-identifications.ts";

const email = z.email();
const e164 = /^\+[1-9]\d{6,14}$/;
const web3 = /^(?:0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$/;

/** The errors in email addresses to be added to a user. A new user has no id yet. */
export function checkEmailAddresses(
  users: UserDirectory,
  addresses: readonly string[],
  userId?: string,
): ApiErrorItem[] {
  if (!addresses.every((address) => email.safeParse(address.trim()).success)) {
    return [emailAddressInvalid("email_address")];
  }
  return checkUnclaimed(users, "email_address", addresses.map(normaliseEmail), userId);
}

/** The errors in a new user's phone numbers. */
export function checkPhoneNumbers(users: UserDirectory, numbers: readonly string[]): ApiErrorItem[] {
  if (!numbers.every((number) => e164.test(number))) return [phoneNumberInvalid("phone_number")];
  return checkUnclaimed(users, "phone_number", numbers);
}

/** The errors in a new user's wallets. */
export function checkWeb3Wallets(users: UserDirectory, wallets: readonly string[]): ApiErrorItem[] {
  if (!wallets.every((wallet) => web3.test(wallet))) return [web3WalletInvalid("web3_wallet")];
  return checkUnclaimed(users, "web3_wallet", wallets);
}

/** The error if values repeat or belong to another user. */
export function checkUnclaimed(
  users: UserDirectory,
  kind: ClaimKind,
  values: readonly string[],
  userId?: string,
): ApiErrorItem[] {
  if (new Set(values).size !== values.length) return [duplicateValues(kind)];
  const taken = values.some((value) => {
    const holder = users.holderOf(`${kind}:${value}`);
    return holder !== undefined && holder !== userId;
  });
  return taken ? [identifierExists(kind)] : [];
}

/** Throws when the user cannot lose one identification of this kind: it is the last one, or the last required one. */
export function assertIdentificationLeft({ requirements }: Instance, user: ClerkUser, kind: IdentifierKind): void {
  const counts: Record<IdentifierKind, number> = {
    email_address: user.email_addresses.length,
    phone_number: user.phone_numbers.length,
    web3_wallet: user.web3_wallets.length,
    username: user.username === null ? 0 : 1,
  };
  if (counts[kind] === 0) return;
  if (counts[kind] === 1 && requirements.required.includes(kind)) {
    throw lastRequiredIdentificationNotDeletable(kind.replaceAll("_", " "));
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 1) throw lastIdentificationNotDeletable();
}
