import { z } from "zod";
import { rejectForm } from "../errors/clerk-api-error.ts";
import { checkEmailAddresses } from "../identifications/check-identifiers.ts";
import { makeEmailAddress, normaliseEmail } from "../identifications/make-identifications.ts";
import type { Instance } from "../instance/instance.ts";
import type { ExternalAccount, EmailAddress, ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";
import { resourceNotFound } from "../errors/rejections.ts";
import type { DeletedObject } from "../resources/event.ts";

export const connectExternalAccountParams = z.strictObject({
  provider: z.templateLiteral(["oauth_", z.string()]),
  provider_user_id: z.string(),
  email_address: z.string(),
});

type Params = z.output<typeof connectExternalAccountParams>;

/** Connects an account, as a user does by signing in with a provider. The account's address is verified and linked to it. */
export function connectExternalAccount(instance: Instance, userId: string, params: Params): ExternalAccount {
  const user = instance.users.require(userId);
  rejectForm(checkEmailAddresses(instance.users, [params.email_address], userId));
  const account = makeExternalAccount(instance, user.snapshot, params);
  const emails = linkAddress(instance, user.snapshot, account);
  changeUser(instance, user, {
    external_accounts: [...user.snapshot.external_accounts, account],
    email_addresses: emails,
    primary_email_address_id: user.snapshot.primary_email_address_id ?? emails.at(-1)?.id ?? null,
  });
  return account;
}

function linkAddress(instance: Instance, user: ClerkUser, account: ExternalAccount): EmailAddress[] {
  const link = (email: EmailAddress): EmailAddress => ({
    ...email,
    reserved: false,
    verification: email.verification ?? {
      object: "verification_from_oauth",
      status: "verified",
      strategy: `from_${account.provider}`,
      attempts: null,
      expire_at: null,
    },
    linked_to: [...email.linked_to, { type: account.provider, id: account.identification_id }],
    updated_at: account.created_at,
  });
  const { email_address: address, created_at: at } = account;
  if (user.email_addresses.some((email) => email.email_address === address)) {
    return user.email_addresses.map((email) => (email.email_address === address ? link(email) : email));
  }
  return [...user.email_addresses, link(makeEmailAddress(instance, address, "unverified", at))];
}

function makeExternalAccount(instance: Instance, user: ClerkUser, params: Params): ExternalAccount {
  const at = instance.now();
  return {
    object: "external_account",
    id: instance.makeId("eac"),
    provider: params.provider,
    identification_id: instance.makeId("idn"),
    provider_user_id: params.provider_user_id,
    approved_scopes: "email profile",
    email_address: normaliseEmail(params.email_address),
    email_address_verified: true,
    first_name: user.first_name ?? "",
    last_name: user.last_name ?? "",
    image_url: null,
    username: null,
    phone_number: null,
    public_metadata: {},
    label: null,
    created_at: at,
    updated_at: at,
    verification: {
      object: "verification_oauth",
      status: "verified",
      strategy: params.provider,
      attempts: null,
      expire_at: at + 10 * 60_000,
    },
  };
}

/** Disconnects an account. The linked address stays, and can be deleted from then on. */
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
