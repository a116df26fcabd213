import { z } from "zod";
import { refuseForm } from "../errors/clerk-api-error.ts";
import { linkedIdentificationStays } from "../errors/refusals.ts";
import { checkEmailAddresses } from "../identifications/check-identifiers.ts";
import { makeEmailAddress } from "../identifications/make-email-address.ts";
import type { Instance } from "../instance/instance.ts";
import type { EmailAddress } from "../resources/identifications.ts";
import { changeUser } from "../users/change-user.ts";

export const replaceEmailAddressParams = z.strictObject({
  email_address: z.string(),
  identification_status: z.enum(["verified", "reserved", "unverified"]).default("verified"),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type Params = z.output<typeof replaceEmailAddressParams>;

/**
 * Puts one new primary address in place of all that a user has. Refused when one of those belongs to a connected
 * account. The new address gets a new id, also when the user has had it before.
 */
export function replaceEmailAddress(instance: Instance, userId: string, params: Params): EmailAddress {
  const user = instance.users.require(userId);
  if (user.snapshot.email_addresses.some((email) => email.linked_to.length > 0)) throw linkedIdentificationStays();
  refuseForm(checkEmailAddresses(instance.users, [params.email_address], userId));
  const email = makeEmailAddress(instance, params.email_address, params.identification_status, instance.now());
  changeUser(instance, user, { email_addresses: [email], primary_email_address_id: email.id });
  return email;
}
