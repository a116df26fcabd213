import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { computeTotp } from "../src/users/totp.ts";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

describe("a password", () => {
  test("can be verified, changed and removed", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess", password: "difference engine" });
    const verify = (password: string) => clerk.users.verifyPassword({ userId: user.id, password });
    expect(await verify("difference engine")).toEqual({ verified: true });
    expect(await rejectionOf(verify("analytical engine"))).toEqual({ status: 422, errors: ["incorrect_password"] });

    await clerk.users.updateUser(user.id, { password: "analytical engine" });
    expect(await verify("analytical engine")).toEqual({ verified: true });
    expect((await clerk.users.removePassword(user.id)).passwordEnabled).toBe(false);
    expect(await rejectionOf(verify("analytical engine"))).toEqual({ status: 400, errors: ["no_password_set"] });
  });

  test("can be set as a digest", async () => {
    const { clerk } = await startEmulator();
    const passwordDigest = createHash("sha256").update("difference engine").digest("hex");
    const user = await clerk.users.createUser({ username: "countess", passwordDigest, passwordHasher: "sha256" });
    expect(user.passwordEnabled).toBe(true);
    expect(await clerk.users.verifyPassword({ userId: user.id, password: "difference engine" })).toEqual({
      verified: true,
    });
  });

  test("that is changed, removed or compromised revokes all sessions on request", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess", password: "difference engine" });
    const isRevokedBy = async (change: () => Promise<unknown>): Promise<boolean> => {
      const { id } = await clerk.sessions.createSession({ userId: user.id });
      await change();
      return (await clerk.sessions.getSession(id)).status === "revoked";
    };
    const password = "analytical engine";
    expect(await isRevokedBy(() => clerk.users.updateUser(user.id, { password }))).toBe(false);
    expect(await isRevokedBy(() => clerk.users.updateUser(user.id, { password, signOutOfOtherSessions: true }))).toBe(
      true,
    );
    expect(await isRevokedBy(() => clerk.users.setPasswordCompromised(user.id, { revokeAllSessions: true }))).toBe(
      true,
    );
    expect(await isRevokedBy(() => clerk.users.removePassword(user.id, { signOutOfOtherSessions: true }))).toBe(true);
  });
});

describe("a second factor", () => {
  const totpSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

  test("has the codes of RFC 6238", () => {
    expect([59, 1_111_111_109, 20_000_000_000].map((seconds) => computeTotp(totpSecret, seconds * 1000))).toEqual([
      "287082",
      "081804",
      "353130",
    ]);
  });

  test("accepts the authenticator's code, and each backup code once", async () => {
    const now = Date.now();
    const { clerk } = await startEmulator({ now: () => now });
    const user = await clerk.users.createUser({ username: "countess", totpSecret, backupCodes: ["first", "second"] });
    expect(user).toMatchObject({ totpEnabled: true, twoFactorEnabled: true, backupCodeEnabled: true });
    const verify = (code: string) => clerk.users.verifyTOTP({ userId: user.id, code });
    expect(await verify(computeTotp(totpSecret, now))).toEqual({ verified: true, code_type: "totp" });
    expect(await verify("first")).toEqual({ verified: true, code_type: "backup_code" });
    expect(await rejectionOf(verify("first"))).toEqual({ status: 422, errors: ["totp_incorrect_code"] });
  });

  test("can be removed in parts or as a whole", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess", totpSecret, backupCodes: ["first"] });
    await clerk.users.deleteUserBackupCodes(user.id);
    expect(await clerk.users.getUser(user.id)).toMatchObject({ backupCodeEnabled: false, totpEnabled: true });
    await clerk.users.updateUser(user.id, { backupCodes: ["third"] });
    await clerk.users.deleteUserTOTP(user.id);
    expect(await clerk.users.getUser(user.id)).toMatchObject({ backupCodeEnabled: true, totpEnabled: false });
    await clerk.users.disableUserMFA(user.id);
    expect(await clerk.users.getUser(user.id)).toMatchObject({ backupCodeEnabled: false, twoFactorEnabled: false });
    expect(await rejectionOf(clerk.users.verifyTOTP({ userId: user.id, code: "third" }))).toEqual({
      status: 400,
      errors: ["totp_disabled"],
    });
  });
});
