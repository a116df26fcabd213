import { resourceNotFound } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { DeletedObject } from "../resources/deleted-object.ts";
import { changeUser } from "../users/change-user.ts";

/** Disconnects an account. The address that it was linked to stays, and can be deleted from then on. */
export function deleteExternalAccount(instance: Instance, userId: string, accountId: string): DeletedObject {
  const user = instance.users.require(userId);
  const { external_accounts: accounts, email_addresses: emails } = user.snapshot;
  const account = accounts.find(({ id }) => id === accountId);
  if (account === undefined) throw resourceNotFound();
  changeUser(instance, user, {
    external_accounts: accounts.filter(({ id }) => id !== accountId),
    email_addresses: emails.map((email) =>
      Object.assign({}, email, { linked_to: email.linked_to.filter(({ id }) => id !== account.identification_id) }),
    ),
  });
  return { object: "external_account", id: accountId, deleted: true };
}
