import { generateKeyPairSync } from "node:crypto";
import { verifyToken } from "@clerk/backend";
import { describe, expect, test } from "vitest";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

const DAY_MS = 86_400_000;

describe("a session", () => {
  test("is created, listed newest first by user and status, and revoked", async () => {
    let now = 1_800_000_000_000;
    const { emulator, clerk } = await startEmulator({ now: () => (now += 1) });
    const ada = emulator.dashboard.createUser({ username: "countess" });
    const bob = emulator.dashboard.createUser({ username: "bobby" });
    const first = await clerk.sessions.createSession({ userId: ada.id });
    const second = await clerk.sessions.createSession({ userId: ada.id });
    await clerk.sessions.createSession({ userId: bob.id });

    const listed = await clerk.sessions.getSessionList({ userId: ada.id });
    expect(listed).toEqual({ data: [second, first], totalCount: 2 });
    expect((await clerk.sessions.revokeSession(first.id)).status).toBe("revoked");
    const revoked = await clerk.sessions.getSessionList({ userId: ada.id, status: "revoked" });
    expect(revoked.data.map(({ id }) => id)).toEqual([first.id]);
    expect((await clerk.sessions.getSessionList({ clientId: second.clientId })).totalCount).toBe(1);
    expect((await rejectionOf(clerk.sessions.getSession("sess_unknown"))).errors).toEqual(["resource_not_found"]);
  });

  test("updates the user's last sign-in, last active day and version", async () => {
    const start = 1_800_000_000_000;
    let now = start;
    const { clerk } = await startEmulator({ now: () => now });
    const user = await clerk.users.createUser({ username: "countess" });
    now = start + 5000;
    await clerk.sessions.createSession({ userId: user.id });
    expect(await clerk.users.getUser(user.id)).toMatchObject({
      lastSignInAt: now,
      lastActiveAt: now - (now % DAY_MS),
      updatedAt: now,
    });
  });

  test("expires after a week", async () => {
    let now = 1_800_000_000_000;
    const { clerk } = await startEmulator({ now: () => now });
    const user = await clerk.users.createUser({ username: "countess" });
    const session = await clerk.sessions.createSession({ userId: user.id });
    now += 7 * DAY_MS;
    expect((await clerk.sessions.getSession(session.id)).status).toBe("expired");
    expect((await rejectionOf(clerk.sessions.getToken(session.id))).status).toBe(404);
  });
});

describe("a session token", () => {
  test("is verified by the PEM and by the JWKS of the emulator", async () => {
    const { emulator } = await startEmulator();
    const token = await emulator.signSessionToken({
      userId: "user_1",
      sessionId: "sess_1",
      claims: { metadata: { role: "admin" } },
      authorizedParty: "https://app.example.com",
    });
    const claims = { sub: "user_1", sid: "sess_1", v: 2, metadata: { role: "admin" }, iss: emulator.issuer };
    const byPem = await verifyToken(token, {
      jwtKey: emulator.jwtKey,
      authorizedParties: ["https://app.example.com"],
      issuer: emulator.issuer,
    });
    expect(byPem).toMatchObject(claims);
    const byJwks = await verifyToken(token, { secretKey: emulator.secretKey, apiUrl: emulator.url });
    expect(byJwks).toMatchObject(claims);
  });

  test("is issued for an active session, with the claims that the instance adds", async () => {
    const { emulator, clerk } = await startEmulator({
      sessionClaims: (user) => ({ metadata: user.public_metadata }),
    });
    const user = await clerk.users.createUser({ username: "countess", publicMetadata: { role: "admin" } });
    const session = await clerk.sessions.createSession({ userId: user.id });
    const { jwt } = await clerk.sessions.getToken(session.id, undefined, 600);
    const claims = await verifyToken(jwt, { jwtKey: emulator.jwtKey });
    expect(claims).toMatchObject({ sub: user.id, sid: session.id, metadata: { role: "admin" } });
    expect(claims.exp - claims.iat).toBe(600);
    expect((await rejectionOf(clerk.sessions.getToken(session.id, "no-template"))).status).toBe(404);
    await clerk.sessions.revokeSession(session.id);
    expect((await rejectionOf(clerk.sessions.getToken(session.id))).status).toBe(404);
  });

  test("is rejected when it has expired or another emulator signed it", async () => {
    const { emulator } = await startEmulator();
    const stale = await emulator.signSessionToken({ userId: "user_1", expiresInSeconds: -60 });
    await expect(verifyToken(stale, { jwtKey: emulator.jwtKey })).rejects.toMatchObject({ reason: "token-expired" });
    const { emulator: other } = await startEmulator({
      signingKey: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    });
    const foreign = await other.signSessionToken({ userId: "user_1" });
    await expect(verifyToken(foreign, { jwtKey: emulator.jwtKey })).rejects.toMatchObject({
      reason: "token-invalid-signature",
    });
  });

  test("authenticates a request with the emulator's keys", async () => {
    const { emulator, clerk } = await startEmulator();
    const token = await emulator.signSessionToken({ userId: "user_1" });
    const request = new Request("http://localhost/", { headers: { authorization: `Bearer ${token}` } });
    const { jwtKey, publishableKey } = emulator;
    const state = await clerk.authenticateRequest(request, { jwtKey, publishableKey });
    expect(state.toAuth()?.userId).toBe("user_1");
  });
});

describe("a sign-in token", () => {
  test("is created as pending and can be revoked once", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const token = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 });
    expect(token).toMatchObject({ userId: user.id, status: "pending", url: expect.stringContaining(token.token) });
    expect((await clerk.signInTokens.revokeSignInToken(token.id)).status).toBe("revoked");
    expect(await rejectionOf(clerk.signInTokens.revokeSignInToken(token.id))).toEqual({
      status: 400,
      errors: ["sign_in_token_cannot_be_revoked_code"],
    });
    expect((await rejectionOf(clerk.signInTokens.revokeSignInToken("sit_unknown"))).status).toBe(404);
  });
});
