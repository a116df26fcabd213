import type { ApiContext } from "./api-context.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { getUser } from "../../clerk/users/read-user.ts";
import { UserNotFoundError } from "./user-errors.ts";
import { z } from "@hono/zod-openapi";
import { userJsonSchema } from "../../clerk/payloads/user-json.ts";
import { apiUserFromJson, apiUserSchema } from "./user-schemas.ts";

/** Reads the account from Clerk, never from the cache. Throws {@link UserNotFoundError}. */
export async function readAccount(
  { clerk, now }: Pick<ApiContext, "clerk" | "now">,
  userId: string,
): Promise<AccountJson> {
  try {
    const { raw } = await getUser(clerk, userId, now);
    return accountJsonSchema.parse(raw);
  } catch (error) {
    if (error instanceof ClerkRequestError && error.status === 404) throw new UserNotFoundError(userId);
    throw error;
  }
}

const verificationSchema = z.object({ status: z.string() }).nullish();
const isVerified = (verification: z.infer<typeof verificationSchema>) => verification?.status === "verified";

/** Clerk's user with the account fields that the API shows. Private metadata and credentials are not among them. */
export const accountJsonSchema = userJsonSchema.extend({
  email_addresses: z.array(
    z.object({
      id: z
        .string()
        .nullish()
        .transform((id) => id ?? undefined),
      email_address: z.string(),
      verification: verificationSchema,
    }),
  ),
  external_accounts: z.array(
    z.object({
      id: z.string(),
      provider: z.string(),
      provider_user_id: z.string(),
      email_address: z.string(),
      username: z.string().nullish(),
      verification: verificationSchema,
    }),
  ),
  password_enabled: z.boolean(),
  two_factor_enabled: z.boolean(),
  totp_enabled: z.boolean(),
  backup_code_enabled: z.boolean(),
  banned: z.boolean(),
  locked: z.boolean(),
  lockout_expires_in_seconds: z.number().nullish(),
  last_sign_in_at: z.number().nullish(),
});
export type AccountJson = z.infer<typeof accountJsonSchema>;

export const accountDetailsSchema = apiUserSchema
  .extend({
    emailAddresses: z
      .array(
        z.object({
          emailAddress: z.string().openapi({ example: "ada@example.com" }),
          verified: z.boolean(),
          primary: z.boolean(),
        }),
      )
      .openapi({ description: "All addresses, including unverified ones" }),
    externalAccounts: z
      .array(
        z.object({
          id: z.string(),
          provider: z.string().openapi({ example: "oauth_google" }),
          providerUserId: z.string(),
          emailAddress: z.string(),
          username: z.string().nullable(),
          verified: z.boolean(),
        }),
      )
      .openapi({ description: "Linked social accounts" }),
    passwordEnabled: z.boolean(),
    twoFactorEnabled: z.boolean().openapi({ description: "Whether signing in requires a second factor" }),
    totpEnabled: z.boolean(),
    backupCodeEnabled: z.boolean(),
    banned: z.boolean(),
    locked: z.boolean(),
    lockoutExpiresInSeconds: z.int().nullable(),
    lastSignInAt: z.iso.datetime().nullable(),
  })
  .openapi("AccountDetails");
export type AccountDetails = z.infer<typeof accountDetailsSchema>;

/** The account in the form of the API's responses. */
export const accountDetailsFromJson = (json: AccountJson): AccountDetails => ({
  ...apiUserFromJson(json),
  emailAddresses: json.email_addresses.map(({ id, email_address, verification }) => ({
    emailAddress: email_address,
    verified: isVerified(verification),
    primary: id !== undefined && id === json.primary_email_address_id,
  })),
  externalAccounts: json.external_accounts.map((account) => ({
    id: account.id,
    provider: account.provider,
    providerUserId: account.provider_user_id,
    emailAddress: account.email_address,
    username: account.username ?? null,
    verified: isVerified(account.verification),
  })),
  passwordEnabled: json.password_enabled,
  twoFactorEnabled: json.two_factor_enabled,
  totpEnabled: json.totp_enabled,
  backupCodeEnabled: json.backup_code_enabled,
  banned: json.banned,
  locked: json.locked,
  lockoutExpiresInSeconds: json.lockout_expires_in_seconds ?? null,
  lastSignInAt: typeof json.last_sign_in_at === "number" ? new Date(json.last_sign_in_at).toISOString() : null,
});

/** Whether the user has verified this address. Compares without case, as Clerk does. */
export const hasVerifiedEmail = ({ email_addresses }: AccountJson, email: string): boolean =>
  email_addresses.some(
    ({ email_address, verification }) =>
      email_address.toLowerCase() === email.toLowerCase() && isVerified(verification),
  );
