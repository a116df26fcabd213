import { describe, expect, test } from "vitest";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

async function startWithAda() {
  const started = await startEmulator();
  const ada = await started.clerk.users.createUser({ emailAddress: ["ada@example.com"] });
  return { ...started, ada };
}

describe("an email address", () => {
  test("is added unverified and not primary by default", async () => {
    const { clerk, ada } = await startWithAda();
    const plain = await clerk.emailAddresses.createEmailAddress({ userId: ada.id, emailAddress: "B@Example.com" });
    expect(plain).toMatchObject({ emailAddress: "b@example.com", verification: null });
    const primary = await clerk.emailAddresses.createEmailAddress({
      userId: ada.id,
      emailAddress: "c@example.com",
      verified: true,
      primary: true,
    });
    expect((await clerk.users.getUser(ada.id)).primaryEmailAddressId).toBe(primary.id);
    expect(await clerk.emailAddresses.getEmailAddress(plain.id)).toEqual(plain);
  });

  test("becomes primary when it is the first", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const email = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: "a@example.com" });
    expect((await clerk.users.getUser(user.id)).primaryEmailAddressId).toBe(email.id);
  });

  test("can belong to two users while unverified, until one of them verifies it", async () => {
    const { clerk, ada } = await startWithAda();
    const bob = await clerk.users.createUser({ emailAddress: ["bob@example.com"] });
    const add = (userId: string) =>
      clerk.emailAddresses.createEmailAddress({ userId, emailAddress: "both@example.com" });
    const [adas, bobs] = [await add(ada.id), await add(bob.id)];
    expect((await rejectionOf(add(ada.id))).errors).toEqual(["form_identifier_exists email_address"]);
    await clerk.emailAddresses.updateEmailAddress(adas.id, { verified: true });
    expect(await rejectionOf(clerk.emailAddresses.updateEmailAddress(bobs.id, { verified: true }))).toEqual({
      status: 422,
      errors: ["form_identifier_exists email_address"],
    });
  });

  test("must be verified to become primary", async () => {
    const { clerk, ada } = await startWithAda();
    const email = await clerk.emailAddresses.createEmailAddress({ userId: ada.id, emailAddress: "b@example.com" });
    expect(await rejectionOf(clerk.emailAddresses.updateEmailAddress(email.id, { primary: true }))).toEqual({
      status: 422,
      errors: ["form_verification_needed primary"],
    });
    await clerk.emailAddresses.updateEmailAddress(email.id, { verified: true, primary: true });
    expect((await clerk.users.getUser(ada.id)).primaryEmailAddressId).toBe(email.id);
  });

  test("makes the oldest verified address primary when it is deleted", async () => {
    const { clerk, ada } = await startWithAda();
    const next = await clerk.emailAddresses.createEmailAddress({
      userId: ada.id,
      emailAddress: "b@example.com",
      verified: true,
    });
    const deleted = await clerk.emailAddresses.deleteEmailAddress(ada.primaryEmailAddressId ?? "");
    expect(deleted).toMatchObject({ object: "email_address", id: ada.primaryEmailAddressId, deleted: true });
    expect((await clerk.users.getUser(ada.id)).primaryEmailAddressId).toBe(next.id);
    expect((await rejectionOf(clerk.emailAddresses.getEmailAddress(deleted.id ?? ""))).status).toBe(404);
  });

  test("cannot be deleted as the last identification, or as the last address if one is required", async () => {
    const { clerk, ada } = await startWithAda();
    expect(await rejectionOf(clerk.emailAddresses.deleteEmailAddress(ada.primaryEmailAddressId ?? ""))).toEqual({
      status: 400,
      errors: ["identification_deletion_failed"],
    });
    const strict = await startEmulator({ requirements: { required: ["email_address"] } });
    const bob = await strict.clerk.users.createUser({ emailAddress: ["bob@example.com"], username: "bobby" });
    expect(
      (await rejectionOf(strict.clerk.emailAddresses.deleteEmailAddress(bob.primaryEmailAddressId ?? ""))).errors,
    ).toEqual(["last_required_identification_deletion_failed"]);
  });

  test("cannot be deleted while a connected account is linked to it", async () => {
    const { emulator, clerk, ada } = await startWithAda();
    const account = emulator.dashboard.connectExternalAccount(ada.id, {
      provider: "oauth_google",
      provider_user_id: "g-1",
      email_address: "ada@gmail.example",
    });
    const connected = await clerk.users.getUser(ada.id);
    const linked = connected.emailAddresses.find(({ emailAddress }) => emailAddress === "ada@gmail.example");
    expect(linked?.verification).toMatchObject({ status: "verified", strategy: "from_oauth_google" });
    const rejected = { status: 400, errors: ["delete_linked_identification_disallowed"] };
    expect(await rejectionOf(clerk.emailAddresses.deleteEmailAddress(linked?.id ?? ""))).toEqual(rejected);
    const replace = () => clerk.users.replaceUserEmailAddress(ada.id, { emailAddress: "new@example.com" });
    expect(await rejectionOf(replace())).toEqual(rejected);
    await clerk.users.deleteUserExternalAccount({ userId: ada.id, externalAccountId: account.id });
    await replace();
  });

  test("can replace all others as a verified primary address, which makes them available again", async () => {
    const { clerk, ada } = await startWithAda();
    await clerk.emailAddresses.createEmailAddress({ userId: ada.id, emailAddress: "b@example.com", verified: true });
    const replaced = await clerk.users.replaceUserEmailAddress(ada.id, { emailAddress: "new@example.com" });
    const after = await clerk.users.getUser(ada.id);
    expect(after.emailAddresses.map(({ emailAddress }) => emailAddress)).toEqual(["new@example.com"]);
    expect(after.primaryEmailAddress).toMatchObject({ id: replaced.id, verification: { status: "verified" } });
    await clerk.users.createUser({ emailAddress: ["ada@example.com", "b@example.com"] });
    expect(
      (await rejectionOf(clerk.users.replaceUserEmailAddress(ada.id, { emailAddress: "b@example.com" }))).errors,
    ).toEqual(["form_identifier_exists email_address"]);
  });
});
