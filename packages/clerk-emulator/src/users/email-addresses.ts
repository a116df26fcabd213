import { resourceNotFound, linkedIdentificationNotDeletable } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import type { StoredUser } from "../instance/user-directory.ts";
import { type EmailAddress, type ClerkUser, verifiedByAdmin } from "../resources/user.ts";
import { z } from "zod";
import { type ApiErrorItem, rejectForm } from "../errors/clerk-api-error.ts";
import { identifierExists, verificationNeeded } from "../errors/form-errors.ts";
import { checkEmailAddresses, checkUnclaimed, assertIdentificationLeft } from "../identifications/check-identifiers.ts";
import { makeEmailAddress, normaliseEmail } from "../identifications/make-identifications.ts";
import { changeUser } from "./change-user.ts";
import type { DeletedObject } from "../resources/event.ts";

/** An address by its id, with its user. Throws Clerk's 404 for an unknown id. */
export function requireEmailAddress(
  instance: Instance,
  emailAddressId: string,
): { readonly owner: StoredUser; readonly email: EmailAddress } {
  const owner = instance.users.ownerOfEmail(emailAddressId);
  const email = owner?.snapshot.email_addresses.find(({ id }) => id === emailAddressId);
  if (owner === undefined || email === undefined) throw resourceNotFound();
  return { owner, email };
}

export const createEmailAddressParams = z.strictObject({
  user_id: z.string(),
  email_address: z.string(),
  verified: z.boolean().nullish(),
  primary: z.boolean().nullish(),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type CreateParams = z.output<typeof createEmailAddressParams>;

/** Adds an address to a user, unverified by default, and primary on request or when it is the first. */
export function createEmailAddress(instance: Instance, params: CreateParams): EmailAddress {
  const user = instance.users.require(params.user_id);
  const { email_addresses: emails, primary_email_address_id: primaryId } = user.snapshot;
  const verified = params.verified === true;
  const primary = params.primary === true || emails.length === 0;
  rejectForm([
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

/** An unverified address is not claimed, but its own user cannot have it twice. */
function checkOwnAddresses(user: ClerkUser, address: string): ApiErrorItem[] {
  const own = user.email_addresses.find((email) => email.email_address === normaliseEmail(address));
  return own !== undefined && own.verification === null && !own.reserved ? [identifierExists("email_address")] : [];
}

export const updateEmailAddressParams = z.strictObject({
  verified: z.boolean().nullish(),
  primary: z.boolean().nullish(),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type UpdateParams = z.output<typeof updateEmailAddressParams>;

/** Sets whether an address is verified, and makes it primary on request, which only a verified address can be. */
export function updateEmailAddress(instance: Instance, emailAddressId: string, params: UpdateParams): EmailAddress {
  const { owner, email } = requireEmailAddress(instance, emailAddressId);
  const { email_addresses: emails, primary_email_address_id: primaryId } = owner.snapshot;
  const updated = { ...verify(email, params.verified), updated_at: instance.now() };
  rejectForm([
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

export const replaceEmailAddressParams = z.strictObject({
  email_address: z.string(),
  identification_status: z.enum(["verified", "reserved", "unverified"]).default("verified"),
  notify_primary_email_address_changed: z.boolean().nullish(),
});

type ReplaceParams = z.output<typeof replaceEmailAddressParams>;

/**
 * Replaces all addresses of a user with one primary address. Throws if one of them belongs to a connected account. The
 * new address always gets a new id.
 */
export function replaceEmailAddress(instance: Instance, userId: string, params: ReplaceParams): EmailAddress {
  const user = instance.users.require(userId);
  if (user.snapshot.email_addresses.some((email) => email.linked_to.length > 0))
    throw linkedIdentificationNotDeletable();
  rejectForm(checkEmailAddresses(instance.users, [params.email_address], userId));
  const email = makeEmailAddress(instance, params.email_address, params.identification_status, instance.now());
  changeUser(instance, user, { email_addresses: [email], primary_email_address_id: email.id });
  return email;
}

/** Deletes an address. When it was the primary one, the oldest verified address becomes primary. */
export function deleteEmailAddress(instance: Instance, emailAddressId: string): DeletedObject {
  const { owner, email } = requireEmailAddress(instance, emailAddressId);
  if (email.linked_to.length > 0) throw linkedIdentificationNotDeletable();
  assertIdentificationLeft(instance, owner.snapshot, "email_address");
  const { email_addresses: emails, primary_email_address_id: primaryId } = owner.snapshot;
  const kept = emails.filter(({ id }) => id !== email.id);
  const nextPrimaryId = kept.find(({ verification }) => verification !== null)?.id ?? null;
  changeUser(instance, owner, {
    email_addresses: kept,
    primary_email_address_id: primaryId === email.id ? nextPrimaryId : primaryId,
  });
  return { object: "email_address", id: email.id, deleted: true };
}
