import type { Instance } from "../instance/instance.ts";
import type { PhoneNumber } from "../resources/identifications.ts";
import { verifiedByAdmin } from "../resources/verification.ts";

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
