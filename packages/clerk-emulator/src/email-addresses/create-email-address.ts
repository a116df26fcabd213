import { z } from "zod";
import { type ApiErrorItem, refuseForm } from "../errors/clerk-api-error.ts";
import { identifierExists, verificationNeeded } from "../errors/form-errors.ts";
import { checkEmailAddresses } from "../identifications/check-identifiers.ts";
import { makeEmailAddress, normaliseEmail } from "../identifications/make-email-address.ts";
import type { Instance } from "../instance/instance.ts";
import type { EmailAddress } from "../resources/identifications.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "../users/change-user.ts";

export const createEmailAddressParams = z.strictObject({
  user_id: z.string(),
  email_address: z.string(),
  verified: z.boolean().nullish(),
  primary: z.boolean().nullish(),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type Params = z.output<typeof createEmailAddressParams>;

/** Adds an address to a user: unverified unless told, and primary when told or when it is the first. */
export function createEmailAddress(instance: Instance, params: Params): EmailAddress {
  const user = instance.users.require(params.user_id);
  const { email_addresses: emails, primary_email_address_id: primaryId } = user.snapshot;
  const verified = params.verified === true;
  const primary = params.primary === true || emails.length === 0;
  refuseForm([
    ...checkEmailAddresses(instance.users, [params.email_address]),
    ...checkOwnAddresses(user.snapshot, params.email_address),
    ...(params.primary === true && !verified ? [verificationNeeded("primary")] : []),
  ]);
  const email = makeEmailAddress(instance, params.email_address, verified ? "verified" : "unverified", instance.now());
  changeUser(instance, user, {
    email_addresses: [...emails, email],
    primary_email_address_id: primary ? email.id : primaryId,
  });
  return email;
}

/** An unverified address is not claimed, yet its own user cannot have it twice. */
function checkOwnAddresses(user: ClerkUser, address: string): ApiErrorItem[] {
  const own = user.email_addresses.find((email) => email.email_address === normaliseEmail(address));
  return own !== undefined && own.verification === null && !own.reserved ? [identifierExists("email_address")] : [];
}
