import { z } from "zod";
import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import {
  duplicateValues,
  emailAddressInvalid,
  identifierExists,
  phoneNumberInvalid,
  web3WalletInvalid,
} from "../errors/form-errors.ts";
import type { ClaimKind } from "../instance/claims.ts";
import type { UserDirectory } from "../instance/user-directory.ts";
import { normaliseEmail } from "./make-email-address.ts";

const email = z.email();
const e164 = /^\+[1-9]\d{6,14}$/;
const web3 = /^(?:0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$/;

/** What is wrong with e-mail addresses that a user (or somebody new, without an id) is to get. */
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

/** What is wrong with phone numbers that somebody new is to get. */
export function checkPhoneNumbers(users: UserDirectory, numbers: readonly string[]): ApiErrorItem[] {
  if (!numbers.every((number) => e164.test(number))) return [phoneNumberInvalid("phone_number")];
  return checkUnclaimed(users, "phone_number", numbers);
}

/** What is wrong with wallets that somebody new is to get. */
export function checkWeb3Wallets(users: UserDirectory, wallets: readonly string[]): ApiErrorItem[] {
  if (!wallets.every((wallet) => web3.test(wallet))) return [web3WalletInvalid("web3_wallet")];
  return checkUnclaimed(users, "web3_wallet", wallets);
}

/** Whether values repeat among themselves or belong to another user already. */
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
