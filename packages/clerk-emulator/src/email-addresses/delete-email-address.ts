import { linkedIdentificationStays } from "../errors/refusals.ts";
import { keepAnIdentification } from "../identifications/keep-an-identification.ts";
import type { Instance } from "../instance/instance.ts";
import type { DeletedObject } from "../resources/deleted-object.ts";
import { changeUser } from "../users/change-user.ts";
import { requireEmailAddress } from "./require-email-address.ts";

/** Takes an address from its user. When it was the primary one, the oldest verified address takes its place. */
export function deleteEmailAddress(instance: Instance, emailAddressId: string): DeletedObject {
  const { owner, email } = requireEmailAddress(instance, emailAddressId);
  if (email.linked_to.length > 0) throw linkedIdentificationStays();
  keepAnIdentification(instance, owner.snapshot, "email_address");
  const { email_addresses: emails, primary_email_address_id: primaryId } = owner.snapshot;
  const kept = emails.filter(({ id }) => id !== email.id);
  const nextPrimaryId = kept.find(({ verification }) => verification !== null)?.id ?? null;
  changeUser(instance, owner, {
    email_addresses: kept,
    primary_email_address_id: primaryId === email.id ? nextPrimaryId : primaryId,
  });
  return { object: "email_address", id: email.id, deleted: true };
}
