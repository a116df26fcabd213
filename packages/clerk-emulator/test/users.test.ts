import { describe, expect, test } from "vitest";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

describe("the creation of a user", () => {
  test("makes the first address of each kind primary and every address verified", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({
      emailAddress: ["Ada@Example.com", "countess@example.com"],
      phoneNumber: ["+15555550100"],
      username: "Ada_L",
      firstName: "Ada",
      publicMetadata: { role: "admin", nestedKey: { keptAsItIs: 1 } },
      createdAt: new Date("1833-06-05T00:00:00Z"),
    });
    expect(user.id).toMatch(/^user_\w{27}$/);
    expect(user.primaryEmailAddress?.emailAddress).toBe("ada@example.com");
    expect(user.primaryPhoneNumber?.phoneNumber).toBe("+15555550100");
    expect(user.emailAddresses.map((email) => email.verification?.status)).toEqual(["verified", "verified"]);
    expect(user).toMatchObject({ firstName: "Ada", lastName: null, username: "ada_l", banned: false, locked: false });
    expect(user.publicMetadata).toEqual({ role: "admin", nestedKey: { keptAsItIs: 1 } });
    expect(user.createdAt).toBe(Date.parse("1833-06-05T00:00:00Z"));
    expect(await clerk.users.getUser(user.id)).toEqual(user);
  });

  test("leaves a reserved address unverified but unavailable to others", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({
      emailAddress: ["ada@example.com"],
      emailAddressIdentificationStatus: ["reserved"],
    });
    expect(user.raw?.email_addresses[0]).toMatchObject({ reserved: true, verification: null });
    expect(await rejectionOf(clerk.users.createUser({ emailAddress: ["ada@example.com"] }))).toEqual({
      status: 422,
      errors: ["form_identifier_exists email_address"],
    });
  });

  test("rejects identifiers of other users, whatever their case, and names them all", async () => {
    const { clerk } = await startEmulator();
    const taken = { emailAddress: ["ada@example.com"], username: "countess", externalId: "ext-1" };
    await clerk.users.createUser(taken);
    const again = { ...taken, emailAddress: ["ADA@example.com"], username: "Countess" };
    expect(await rejectionOf(clerk.users.createUser(again))).toEqual({
      status: 422,
      errors: [
        "form_identifier_exists email_address",
        "form_identifier_exists username",
        "form_identifier_exists external_id",
      ],
    });
  });

  test.each([
    [{ emailAddress: ["invalid"] }, "form_param_format_invalid email_address"],
    [{ phoneNumber: ["12"] }, "form_param_format_invalid phone_number"],
    [{ emailAddress: ["a@example.com", "a@example.com"] }, "form_param_duplicate email_address"],
    [{ username: "ada" }, "form_username_invalid_length username"],
    [{ username: "ada lovelace" }, "form_username_invalid_character username"],
    [{ username: "ada1", password: "short" }, "form_password_length_too_short password"],
    [{ username: "ada1", password: "password123" }, "form_password_pwned password"],
    [{ username: "ada1", locale: "no such language" }, "form_param_format_invalid locale"],
    [{ username: "ada1", publicMetadata: { a: "x".repeat(9000) } }, "form_param_exceeds_allowed_size public_metadata"],
    [{ firstName: "Ada" }, "form_data_missing"],
  ])("rejects %j", async (params, error) => {
    const { clerk } = await startEmulator();
    expect(await rejectionOf(clerk.users.createUser(params))).toEqual({ status: 422, errors: [error] });
  });

  test("rejects unknown parameters and those of the wrong type", async () => {
    const { request } = await startEmulator();
    const response = await request("POST", "/v1/users", { username: 7, created_at: "yesterday", nickname: "Ada" });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          code: "form_param_value_invalid",
          long_message: "username is invalid. Received number, must be of type string.",
        },
        { code: "form_param_invalid_time", meta: { param_name: "created_at" } },
        { code: "form_param_unknown", meta: { param_name: "nickname" } },
      ],
    });
  });

  test("requires the instance's required attributes and rejects disabled ones", async () => {
    const { clerk } = await startEmulator({ requirements: { required: ["password"], disabled: ["phone_number"] } });
    const emailAddress = ["ada@example.com"];
    expect(await rejectionOf(clerk.users.createUser({ emailAddress, phoneNumber: ["+15555550100"] }))).toEqual({
      status: 422,
      errors: ["form_param_unknown phone_number", "form_data_missing"],
    });
    await clerk.users.createUser({ emailAddress, skipPasswordChecks: true, password: "1" });
  });
});

describe("an update of a user", () => {
  test("changes the given fields, clears null and empty ones, and increases the version", async () => {
    const { clerk, request } = await startEmulator({ now: () => 1_800_000_000_000 });
    const user = await clerk.users.createUser({
      emailAddress: ["ada@example.com"],
      username: "countess",
      firstName: "Ada",
      lastName: "Byron",
      externalId: "ext-1",
    });
    const renamed = await clerk.users.updateUser(user.id, { lastName: "Lovelace", username: "", externalId: "ext-2" });
    expect(renamed).toMatchObject({ firstName: "Ada", lastName: "Lovelace", username: null, externalId: "ext-2" });
    // Two changes never have the same version, even while the clock stands still.
    expect(renamed.updatedAt).toBe(user.updatedAt + 1);
    const cleared = await request("PATCH", `/v1/users/${user.id}`, { first_name: null, external_id: null });
    expect(await cleared.json()).toMatchObject({ first_name: null, external_id: null, last_name: "Lovelace" });
  });

  test("makes a removed identifier available again", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-1" });
    await clerk.users.updateUser(user.id, { externalId: "ext-2" });
    await clerk.users.createUser({ emailAddress: ["other@example.com"], externalId: "ext-1" });
    await clerk.users.deleteUser(user.id);
    await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-2" });
    expect(await clerk.users.getCount()).toBe(2);
  });

  test("rejects metadata, which has operations of its own", async () => {
    const { clerk, request } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const response = await request("PATCH", `/v1/users/${user.id}`, { public_metadata: { role: "admin" } });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ code: "form_param_unknown", meta: { param_name: "public_metadata" } }],
    });
  });

  test("can make only a verified address of the same user primary", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"] });
    const other = await clerk.users.createUser({ emailAddress: ["other@example.com"] });
    const unverified = await clerk.emailAddresses.createEmailAddress({
      userId: user.id,
      emailAddress: "b@example.com",
    });
    const choose = (id: string | undefined) => clerk.users.updateUser(user.id, { primaryEmailAddressID: id ?? "" });
    expect((await rejectionOf(choose(unverified.id))).errors).toEqual([
      "form_verification_needed primary_email_address_id",
    ]);
    expect((await rejectionOf(choose(other.emailAddresses[0]?.id))).errors).toEqual([
      "form_resource_not_found primary_email_address_id",
    ]);
    await clerk.emailAddresses.updateEmailAddress(unverified.id, { verified: true });
    expect((await choose(unverified.id)).primaryEmailAddress?.emailAddress).toBe("b@example.com");
  });

  test("cannot remove the last identification", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    expect(await rejectionOf(clerk.users.updateUser(user.id, { username: "" }))).toEqual({
      status: 400,
      errors: ["identification_deletion_failed"],
    });
  });
});

describe("user metadata", () => {
  test("is merged at every depth, and null removes a key", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({
      username: "countess",
      publicMetadata: { role: "user", flags: { a: 1, b: 2 }, list: [1, 2] },
      privateMetadata: { kept: true },
    });
    const merged = await clerk.users.updateUserMetadata(user.id, {
      publicMetadata: { role: null, flags: { b: null, c: { d: null, e: 3 } }, list: [3] },
    });
    expect(merged.publicMetadata).toEqual({ flags: { a: 1, c: { e: 3 } }, list: [3] });
    expect(merged.privateMetadata).toEqual({ kept: true });
  });

  test("is replaced kind by kind, and emptied with null", async () => {
    const { clerk, request } = await startEmulator();
    const user = await clerk.users.createUser({
      username: "countess",
      publicMetadata: { role: "user" },
      unsafeMetadata: { kept: true },
    });
    const replaced = await clerk.users.replaceUserMetadata(user.id, { publicMetadata: { plan: "free" } });
    expect(replaced.publicMetadata).toEqual({ plan: "free" });
    expect(replaced.unsafeMetadata).toEqual({ kept: true });
    const emptied = await request("PUT", `/v1/users/${user.id}/metadata`, { public_metadata: null });
    expect(await emptied.json()).toMatchObject({ public_metadata: {}, unsafe_metadata: { kept: true } });
  });
});

describe("the status of a user", () => {
  test("a deletion is final and reports only the id and the external id", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-1" });
    expect(await clerk.users.deleteUser(user.id)).toMatchObject({ id: user.id, object: "user", deleted: true });
    const notFound = { status: 404, errors: ["resource_not_found"] };
    expect(await rejectionOf(clerk.users.getUser(user.id))).toEqual(notFound);
    expect(await rejectionOf(clerk.users.deleteUser(user.id))).toEqual(notFound);
    expect(await rejectionOf(clerk.users.updateUser(user.id, { firstName: "Ada" }))).toEqual(notFound);
  });

  test("a ban revokes all sessions and forbids new ones until it is lifted", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const session = await clerk.sessions.createSession({ userId: user.id });
    expect((await clerk.users.banUser(user.id)).banned).toBe(true);
    expect((await clerk.sessions.getSession(session.id)).status).toBe("revoked");
    expect(await rejectionOf(clerk.sessions.createSession({ userId: user.id }))).toEqual({
      status: 403,
      errors: ["user_banned"],
    });
    expect((await clerk.users.unbanUser(user.id)).banned).toBe(false);
    await clerk.sessions.createSession({ userId: user.id });
  });

  test("up to fifty users are banned at once, or none if one is unknown", async () => {
    const { emulator, clerk, request } = await startEmulator();
    const ids = [1, 2].map((n) => emulator.dashboard.createUser({ username: `user${n}` }).id);
    expect((await request("POST", "/v1/users/ban", { user_ids: [...ids, "user_unknown"] })).status).toBe(404);
    expect((await clerk.users.getUser(ids[0] ?? "")).banned).toBe(false);
    expect(await (await request("POST", "/v1/users/ban", { user_ids: ids })).json()).toMatchObject([
      { banned: true },
      { banned: true },
    ]);
    const many = Array.from({ length: 51 }, (_, n) => `user_${n}`);
    expect(await (await request("POST", "/v1/users/unban", { user_ids: many })).json()).toMatchObject({
      errors: [{ code: "bulk_size_exceeded" }],
    });
  });

  test("a lock expires after an hour", async () => {
    let now = 1_800_000_000_000;
    const { clerk } = await startEmulator({ now: () => now });
    const user = await clerk.users.createUser({ username: "countess" });
    expect((await clerk.users.lockUser(user.id)).locked).toBe(true);
    now += 59 * 60_000;
    const locked = await clerk.users.getUser(user.id);
    expect(locked.raw).toMatchObject({ locked: true, lockout_expires_in_seconds: 60 });
    expect((await rejectionOf(clerk.sessions.createSession({ userId: user.id }))).errors).toEqual(["user_locked"]);
    now += 60_000;
    expect((await clerk.users.getUser(user.id)).locked).toBe(false);
    await clerk.users.lockUser(user.id);
    expect((await clerk.users.unlockUser(user.id)).locked).toBe(false);
  });

  test("a profile image can be set and removed", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const file = new File(["not really an image"], "ada.png", { type: "image/png" });
    const withImage = await clerk.users.updateUserProfileImage(user.id, { file });
    expect(withImage.hasImage).toBe(true);
    expect(withImage.imageUrl).not.toBe(user.imageUrl);
    expect((await clerk.users.deleteUserProfileImage(user.id)).hasImage).toBe(false);
  });

  test("lists that are not emulated are empty", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const empty = { data: [], totalCount: 0 };
    expect(await clerk.users.getOrganizationMembershipList({ userId: user.id })).toEqual(empty);
    expect(await clerk.users.getUserOauthAccessToken(user.id, "google")).toEqual(empty);
    expect((await rejectionOf(clerk.users.getUserOauthAccessToken("user_unknown", "google"))).status).toBe(404);
  });
});
