import { z } from "zod";
import { rejectForm } from "../errors/clerk-api-error.ts";
import { paramUnknown } from "../errors/form-errors.ts";
import { assertIdentificationLeft } from "../identifications/check-identifiers.ts";
import type { Instance } from "../instance/instance.ts";
import { presentUser, type StoredUser } from "../instance/user-directory.ts";
import type { ClerkUser } from "../resources/user.ts";
import { revokeSessionsOfUser } from "../sessions/sessions.ts";
import { changeUser } from "./change-user.ts";
import { checkPrimaries, checkUserFields, normaliseUsername, userFields } from "./check-user.ts";
import { storePassword } from "./passwords.ts";

/** Metadata is not a parameter: since API version 2026-05-12 this operation rejects it as unknown. */
export const updateUserParams = z.strictObject({
  ...userFields,
  primary_email_address_id: z.string().nullish(),
  notify_primary_email_address_changed: z.boolean().nullish(),
  primary_phone_number_id: z.string().nullish(),
  primary_web3_wallet_id: z.string().nullish(),
  profile_image_id: z.string().nullish(),
  sign_out_of_other_sessions: z.boolean().nullish(),
});

type UpdateUserParams = z.output<typeof updateUserParams>;

/** Changes the given fields and sends `user.updated`. `null` and `""` clear a name, a username or an external id. */
export function updateUser(instance: Instance, userId: string, params: UpdateUserParams): ClerkUser {
  const user = instance.users.require(userId);
  rejectForm([
    ...instance.requirements.disabled.filter((attribute) => attribute in params).map(paramUnknown),
    ...checkUserFields(instance.users, params, userId),
    ...checkPrimaries(user.snapshot, params),
  ]);
  if (params.username === null || params.username === "") {
    assertIdentificationLeft(instance, user.snapshot, "username");
  }
  const changed = changeUser(instance, user, changesOf(params, user, instance.now()), {
    credentials: credentialsAfter(params, user),
  });
  if (params.password && params.sign_out_of_other_sessions === true) revokeSessionsOfUser(instance, userId);
  return presentUser(changed, instance.now());
}

function changesOf(params: UpdateUserParams, { snapshot }: StoredUser, at: number): Partial<ClerkUser> {
  const setsPassword = Boolean(params.password ?? params.password_digest);
  const setsTotp = Boolean(params.totp_secret);
  return {
    first_name: replaced(params.first_name, snapshot.first_name),
    last_name: replaced(params.last_name, snapshot.last_name),
    external_id: replaced(params.external_id, snapshot.external_id),
    locale: replaced(params.locale, snapshot.locale),
    username: replaced(params.username && normaliseUsername(params.username), snapshot.username),
    primary_email_address_id: params.primary_email_address_id ?? snapshot.primary_email_address_id,
    primary_phone_number_id: params.primary_phone_number_id ?? snapshot.primary_phone_number_id,
    primary_web3_wallet_id: params.primary_web3_wallet_id ?? snapshot.primary_web3_wallet_id,
    has_image: Boolean(params.profile_image_id) || snapshot.has_image,
    delete_self_enabled: params.delete_self_enabled ?? snapshot.delete_self_enabled,
    create_organization_enabled: params.create_organization_enabled ?? snapshot.create_organization_enabled,
    create_organizations_limit: params.create_organizations_limit ?? snapshot.create_organizations_limit,
    legal_accepted_at: params.legal_accepted_at ?? snapshot.legal_accepted_at,
    bypass_client_trust: params.bypass_client_trust ?? snapshot.bypass_client_trust,
    created_at: params.created_at ?? snapshot.created_at,
    password_enabled: setsPassword || snapshot.password_enabled,
    password_last_updated_at: setsPassword ? at : snapshot.password_last_updated_at,
    totp_enabled: setsTotp || snapshot.totp_enabled,
    two_factor_enabled: setsTotp || snapshot.two_factor_enabled,
    mfa_enabled_at: setsTotp ? at : snapshot.mfa_enabled_at,
    backup_code_enabled: params.backup_codes ? params.backup_codes.length > 0 : snapshot.backup_code_enabled,
  };
}

function credentialsAfter(params: UpdateUserParams, { credentials }: StoredUser): StoredUser["credentials"] {
  return {
    password: storePassword(params) ?? credentials.password,
    totpSecret: params.totp_secret ?? credentials.totpSecret,
    backupCodes: params.backup_codes ?? credentials.backupCodes,
  };
}

/** An absent text stays unchanged; `null` and the empty text clear it. */
function replaced(text: string | null | undefined, current: string | null): string | null {
  return text === undefined ? current : text || null;
}
