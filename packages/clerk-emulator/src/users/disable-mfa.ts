import type { Instance } from "../instance/instance.ts";
import { changeUser } from "./change-user.ts";

/**
 * Takes second factors from a user: `all` of them, the authenticator (`totp`) or the `backup_codes`. Telephone numbers
 * as second factors are not emulated.
 */
export function disableMfa(
  instance: Instance,
  userId: string,
  which: "all" | "totp" | "backup_codes",
): { user_id: string } {
  const user = instance.users.require(userId);
  const { credentials, snapshot } = user;
  const totpSecret = which === "backup_codes" ? credentials.totpSecret : null;
  const backupCodes = which === "totp" ? credentials.backupCodes : [];
  const losesMfa = credentials.totpSecret !== null && totpSecret === null;
  changeUser(
    instance,
    user,
    {
      totp_enabled: totpSecret !== null,
      two_factor_enabled: totpSecret !== null,
      backup_code_enabled: backupCodes.length > 0,
      mfa_disabled_at: losesMfa ? instance.now() : snapshot.mfa_disabled_at,
    },
    { credentials: { ...credentials, totpSecret, backupCodes } },
  );
  return { user_id: userId };
}
