import type { Instance } from "../instance/instance.ts";
import { type EmailAddress, verifiedByAdmin, type PhoneNumber, type Web3Wallet } from "../resources/user.ts";

/** No other user can have a `verified` or `reserved` address. An `unverified` one may belong to several users. */
export type IdentificationStatus = "verified" | "reserved" | "unverified";

/** A new address with an id of its own, not yet assigned to a user. */
export function makeEmailAddress(
  instance: Instance,
  address: string,
  status: IdentificationStatus,
  at: number,
): EmailAddress {
  return {
    id: instance.makeId("idn"),
    object: "email_address",
    email_address: normaliseEmail(address),
    reserved: status === "reserved",
    verification: status === "verified" ? verifiedByAdmin : null,
    linked_to: [],
    matches_sso_connection: false,
    created_at: at,
    updated_at: at,
  };
}

/** Clerk compares addresses case-insensitively and returns them in lower case. */
export function normaliseEmail(address: string): string {
  return address.trim().toLowerCase();
}

/** A new phone number with an id of its own, not yet assigned to a user. `number` is in E.164 format. */
export function makePhoneNumber(
  instance: Instance,
  number: string,
  status: "verified" | "reserved",
  at: number,
): PhoneNumber {
  return {
    id: instance.makeId("idn"),
    object: "phone_number",
    phone_number: number,
    reserved: status === "reserved",
    reserved_for_second_factor: false,
    default_second_factor: false,
    verification: status === "verified" ? verifiedByAdmin : null,
    linked_to: [],
    backup_codes: null,
    created_at: at,
    updated_at: at,
  };
}

/** A new wallet with an id of its own, not yet assigned to a user. */
export function makeWeb3Wallet(instance: Instance, address: string, at: number): Web3Wallet {
  return {
    id: instance.makeId("idn"),
    object: "web3_wallet",
    web3_wallet: address,
    verification: verifiedByAdmin,
    created_at: at,
    updated_at: at,
  };
}
