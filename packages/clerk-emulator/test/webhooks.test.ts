import { expect, test } from "vitest";
import type { ClerkEmulatorOptions } from "../src/start-clerk-emulator.ts";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";
import { startEndpoint } from "./start-endpoint.ts";

/** An emulator connected to an endpoint that verifies its messages. */
async function startConnected(options: ClerkEmulatorOptions = {}) {
  const started = await startEmulator(options);
  const endpoint = await startEndpoint(started.emulator.webhookSecret);
  started.emulator.webhooks.connect({ url: endpoint.url, secret: started.emulator.webhookSecret });
  /** The envelopes received so far, sorted by type, because deliveries have no order. */
  const received = async () => {
    await started.emulator.webhooks.settled();
    const envelopes = endpoint.deliveries.map(({ envelope }) => envelope);
    return envelopes.toSorted((left, right) => (left.type < right.type ? -1 : 1));
  };
  return { ...started, endpoint, received };
}

test("every change is delivered as a message that svix verifies, with the user as the API returns it", async () => {
  const { emulator, clerk, received } = await startConnected();
  const user = await clerk.users.createUser({
    emailAddress: ["ada@example.com"],
    externalId: "ext-1",
    privateMetadata: { secret: 1 },
    unsafeMetadata: { theme: "dark" },
  });
  const updated = await clerk.users.updateUser(user.id, { firstName: "Ada" });
  await clerk.users.deleteUser(user.id);
  const [created, deleted, changed] = await received();
  expect(created).toMatchObject({ type: "user.created", data: user.raw, timestamp: user.createdAt });
  expect(created?.instance_id).toBe(emulator.instanceId);
  expect(created?.data).toMatchObject({ private_metadata: { secret: 1 }, unsafe_metadata: { theme: "dark" } });
  expect(changed).toMatchObject({ type: "user.updated", data: updated.raw, timestamp: updated.updatedAt });
  expect(deleted?.data).toEqual({ object: "user", id: user.id, deleted: true, external_id: "ext-1" });
});

test("a sign-in sends a session, and a user in which only the activity times and the version changed", async () => {
  const { emulator, received } = await startConnected();
  const user = emulator.dashboard.createUser({ username: "countess" });
  const session = emulator.dashboard.signIn(user.id);
  const signedIn = emulator.dashboard.getUser(user.id);
  const [created, , updated] = await received();
  expect(created).toMatchObject({ type: "session.created", data: { ...session, user: signedIn } });
  expect(updated?.data).toEqual(signedIn);
  const { last_sign_in_at: _, last_active_at: __, updated_at: ___, ...unchanged } = user;
  expect(signedIn).toMatchObject(unchanged);
  expect(signedIn.updated_at).toBeGreaterThan(user.updated_at);
});

test("a closed session sends a message that names the way it ended", async () => {
  const { emulator, received } = await startConnected();
  const { dashboard } = emulator;
  const { id } = dashboard.createUser({ username: "countess" });
  dashboard.endSession(dashboard.signIn(id).id);
  dashboard.removeSession(dashboard.signIn(id).id);
  dashboard.revokeSession(dashboard.signIn(id).id);
  dashboard.signIn(id);
  dashboard.banUser(id);
  const closed = (await received()).filter(({ type }) => /^session\.(?!created)/.test(type));
  expect(closed.map(({ type, data }) => [type, data["status"], data["user_id"]])).toEqual([
    ["session.ended", "ended", id],
    ["session.removed", "removed", id],
    ["session.revoked", "revoked", id],
    ["session.revoked", "revoked", id],
  ]);
});

test("every operation that changes a user sends one user.updated with a new version", async () => {
  const { clerk, emulator, received } = await startConnected({ now: () => 1_800_000_000_000 });
  const { dashboard } = emulator;
  const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], password: "difference engine" });
  const email = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: "b@example.com" });
  await clerk.emailAddresses.updateEmailAddress(email.id, { verified: true, primary: true });
  await clerk.emailAddresses.deleteEmailAddress(email.id);
  await clerk.users.replaceUserEmailAddress(user.id, { emailAddress: "c@example.com" });
  await clerk.users.updateUser(user.id, {});
  await clerk.users.updateUserMetadata(user.id, { publicMetadata: { role: "admin" } });
  await clerk.users.replaceUserMetadata(user.id, { publicMetadata: {} });
  await clerk.users.banUser(user.id);
  await clerk.users.unbanUser(user.id);
  await clerk.users.lockUser(user.id);
  await clerk.users.unlockUser(user.id);
  await clerk.users.removePassword(user.id);
  await clerk.users.deleteUserProfileImage(user.id);
  await clerk.users.disableUserMFA(user.id);
  dashboard.signIn(user.id);
  const versions = (await received())
    .filter(({ type }) => type === "user.updated")
    .map(({ data }) => Number(data["updated_at"]));
  expect(versions.toSorted((left, right) => left - right)).toEqual(
    Array.from({ length: 15 }, (_, n) => user.updatedAt + 1 + n),
  );
});

test("a rejected operation sends nothing", async () => {
  const { emulator, clerk, received } = await startConnected();
  expect((await rejectionOf(clerk.users.createUser({ emailAddress: ["invalid"] }))).status).toBe(422);
  expect((await rejectionOf(clerk.users.updateUser("user_unknown", { firstName: "Ada" }))).status).toBe(404);
  expect(await received()).toEqual([]);
  expect(emulator.webhooks.messages()).toEqual([]);
});

test("the envelope's timestamp has the configured unit", async () => {
  const { emulator, received } = await startConnected({
    now: () => 1_800_000_000_999,
    webhook: { timestampUnit: "seconds" },
  });
  emulator.dashboard.createUser({ username: "countess" });
  expect((await received())[0]?.timestamp).toBe(1_800_000_000);
  emulator.webhooks.setTimestampUnit("milliseconds");
  emulator.dashboard.createUser({ username: "princess" });
  expect((await received()).map(({ timestamp }) => timestamp)).toContain(1_800_000_000_999);
});

test("during a rotation each message verifies with the old and with the new secret", async () => {
  const { emulator } = await startEmulator();
  const [oldSecret, newSecret] = ["b2xkIHNlY3JldA==", "bmV3IHNlY3JldA=="].map((key) => `whsec_${key}`);
  for (const secret of [oldSecret ?? "", newSecret ?? ""]) {
    const endpoint = await startEndpoint(secret);
    emulator.webhooks.connect({ url: endpoint.url, secret: [oldSecret ?? "", newSecret ?? ""] });
    emulator.dashboard.createUser({ username: `user${secret.length}${secret.slice(6, 9)}` });
    await emulator.webhooks.settled();
    expect(endpoint.deliveries).toHaveLength(1);
  }
});
