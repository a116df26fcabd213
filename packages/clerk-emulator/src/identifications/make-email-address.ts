import type { Instance } from "../instance/instance.ts";
import type { EmailAddress } from "../resources/identifications.ts";
import { verifiedByAdmin } from "../resources/verification.ts";

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
