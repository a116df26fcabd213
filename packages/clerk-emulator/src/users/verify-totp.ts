import { z } from "zod";
import { totpDisabled, totpIncorrect } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import { changeUser } from "./change-user.ts";
import { matchesTotp } from "./compute-totp.ts";

export const verifyTotpParams = z.strictObject({ code: z.string() });

/** Whether a code is the authenticator's or one of the backup codes, of which each is good once. Throws 400 or 422. */
export function verifyTotp(
  instance: Instance,
  userId: string,
  { code }: z.output<typeof verifyTotpParams>,
): { verified: true; code_type: "totp" | "backup_code" } {
  const user = instance.users.require(userId);
  const { totpSecret, backupCodes } = user.credentials;
  if (totpSecret === null && backupCodes.length === 0) throw totpDisabled();
  if (totpSecret !== null && matchesTotp(totpSecret, code, instance.now())) {
    return { verified: true, code_type: "totp" };
  }
  if (!backupCodes.includes(code)) throw totpIncorrect();
  const left = backupCodes.filter((backupCode) => backupCode !== code);
  changeUser(
    instance,
    user,
    { backup_code_enabled: left.length > 0 },
    { credentials: { ...user.credentials, backupCodes: left } },
  );
  return { verified: true, code_type: "backup_code" };
}
