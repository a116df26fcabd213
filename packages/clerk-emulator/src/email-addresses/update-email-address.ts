import { z } from "zod";
import { refuseForm } from "../errors/clerk-api-error.ts";
import { verificationNeeded } from "../errors/form-errors.ts";
import { checkUnclaimed } from "../identifications/check-identifiers.ts";
import type { Instance } from "../instance/instance.ts";
import type { EmailAddress } from "../resources/identifications.ts";
import { verifiedByAdmin } from "../resources/verification.ts";
import { changeUser } from "../users/change-user.ts";
import { requireEmailAddress } from "./require-email-address.ts";

export const updateEmailAddressParams = z.strictObject({
  verified: z.boolean().nullish(),
  primary: z.boolean().nullish(),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type Params = z.output<typeof updateEmailAddressParams>;

/** Verifies an address (or takes that back) and makes it primary, which only a verified one can be. */
export function updateEmailAddress(instance: Instance, emailAddressId: string, params: Params): EmailAddress {
  const { owner, email } = requireEmailAddress(instance, emailAddressId);
  const { email_addresses: emails, primary_email_address_id: primaryId } = owner.snapshot;
  const updated = { ...verify(email, params.verified), updated_at: instance.now() };
  refuseForm([
    ...(updated.verification === null
      ? []
      : checkUnclaimed(instance.users, "email_address", [email.email_address], owner.snapshot.id)),
    ...(params.primary === true && updated.verification === null ? [verificationNeeded("primary")] : []),
  ]);
  changeUser(instance, owner, {
    email_addresses: emails.map((each) => (each.id === email.id ? updated : each)),
    primary_email_address_id: params.primary === true ? email.id : primaryId,
  });
  return updated;
}

function verify(email: EmailAddress, verified: boolean | null | undefined): EmailAddress {
  if (verified === true) return { ...email, reserved: false, verification: email.verification ?? verifiedByAdmin };
  if (verified === false) return { ...email, verification: null };
  return email;
}
