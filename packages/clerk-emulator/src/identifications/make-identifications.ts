import type { Instance } from "../instance/instance.ts";
import { type EmailAddress, verifiedByAdmin, type PhoneNumber, type Web3Wallet } from "../resources/user.ts";

/** `verified` and `reserved` addresses are claimed against all other users, `unverified` ones are not. */
export type IdentificationStatus = "verified" | "reserved" | "unverified";

/** A new address with an id of its own; it belongs to nobody yet. */
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

/** Clerk tells addresses apart without regard to case and answers them in lower case. */
export function normaliseEmail(address: string): string {
  return address.trim().toLowerCase();
}

/** A new phone number with an id of its own; it belongs to nobody yet. `number` is in E.164. */
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

/** A new wallet with an id of its own; it belongs to nobody yet. */
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
