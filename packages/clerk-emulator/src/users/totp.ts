import { createHmac } from "node:crypto";
import { z } from "zod";
import { totpDisabled, totpIncorrect } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import { changeUser } from "./change-user.ts";

const STEP_MS = 30_000;

/** The six digits that an authenticator shows at a time in Unix milliseconds: RFC 6238 with SHA-1 and steps of 30 s. */
export function computeTotp(base32Secret: string, atMs: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / STEP_MS)));
  const digest = createHmac("sha1", decodeBase32(base32Secret)).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const code = (digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000;
  return String(code).padStart(6, "0");
}

/** Codes of the previous and the next step are also valid, because clocks differ. */
function matchesTotp(base32Secret: string, code: string, nowMs: number): boolean {
  return [-STEP_MS, 0, STEP_MS].some((shift) => computeTotp(base32Secret, nowMs + shift) === code);
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text.toUpperCase().replaceAll("=", ""))
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

export const verifyTotpParams = z.strictObject({ code: z.string() });

/** Verifies a code of the authenticator or a backup code. Each backup code is valid once. Throws 400 or 422. */
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

/**
 * Removes second factors of a user: `all`, the authenticator (`totp`) or the `backup_codes`. Phone numbers as second
 * factors are not emulated.
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
