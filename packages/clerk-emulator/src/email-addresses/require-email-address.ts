import { resourceNotFound } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { StoredUser } from "../instance/stored-user.ts";
import type { EmailAddress } from "../resources/identifications.ts";

/** An address by its id, with the user it belongs to. Throws Clerk's 404. */
export function requireEmailAddress(
  instance: Instance,
  emailAddressId: string,
): { readonly owner: StoredUser; readonly email: EmailAddress } {
  const owner = instance.users.ownerOfEmail(emailAddressId);
  const email = owner?.snapshot.email_addresses.find(({ id }) => id === emailAddressId);
  if (owner === undefined || email === undefined) throw resourceNotFound();
  return { owner, email };
}
