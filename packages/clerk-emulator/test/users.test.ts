import { describe, expect, it } from "vitest";
import { refusalOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

describe("creating a user", () => {
  it("makes the first address of each kind primary and every address verified", async () => {
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

  it("leaves a reserved address unverified, yet taken", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({
      emailAddress: ["ada@example.com"],
      emailAddressIdentificationStatus: ["reserved"],
    });
    expect(user.raw?.email_addresses[0]).toMatchObject({ reserved: true, verification: null });
    expect(await refusalOf(clerk.users.createUser({ emailAddress: ["ada@example.com"] }))).toEqual({
      status: 422,
      errors: ["form_identifier_exists email_address"],
    });
  });

  it("refuses each identifier that another user holds, whatever its case, naming them all", async () => {
    const { clerk } = await startEmulator();
    const taken = { emailAddress: ["ada@example.com"], username: "countess", externalId: "ext-1" };
    await clerk.users.createUser(taken);
    const again = { ...taken, emailAddress: ["ADA@example.com"], username: "Countess" };
    expect(await refusalOf(clerk.users.createUser(again))).toEqual({
      status: 422,
      errors: [
        "form_identifier_exists email_address",
        "form_identifier_exists username",
        "form_identifier_exists external_id",
      ],
    });
  });

  it.each([
    [{ emailAddress: ["nobody"] }, "form_param_format_invalid email_address"],
    [{ phoneNumber: ["12"] }, "form_param_format_invalid phone_number"],
    [{ emailAddress: ["a@example.com", "a@example.com"] }, "form_param_duplicate email_address"],
    [{ username: "ada" }, "form_username_invalid_length username"],
    [{ username: "ada lovelace" }, "form_username_invalid_character username"],
    [{ username: "ada1", password: "short" }, "form_password_length_too_short password"],
    [{ username: "ada1", password: "password123" }, "form_password_pwned password"],
    [{ username: "ada1", locale: "no such language" }, "form_param_format_invalid locale"],
    [{ username: "ada1", publicMetadata: { a: "x".repeat(9000) } }, "form_param_exceeds_allowed_size public_metadata"],
    [{ firstName: "Ada" }, "form_data_missing"],
  ])("refuses %j", async (params, error) => {
    const { clerk } = await startEmulator();
    expect(await refusalOf(clerk.users.createUser(params))).toEqual({ status: 422, errors: [error] });
  });

  it("refuses parameters of the wrong type and unknown ones", async () => {
    const { request } = await startEmulator();
    const answer = await request("POST", "/v1/users", { username: 7, created_at: "yesterday", nickname: "Ada" });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
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

  it("asks for what the instance requires and refuses what it has switched off", async () => {
    const { clerk } = await startEmulator({ requirements: { required: ["password"], disabled: ["phone_number"] } });
    const emailAddress = ["ada@example.com"];
    expect(await refusalOf(clerk.users.createUser({ emailAddress, phoneNumber: ["+15555550100"] }))).toEqual({
      status: 422,
      errors: ["form_param_unknown phone_number", "form_data_missing"],
    });
    await clerk.users.createUser({ emailAddress, skipPasswordChecks: true, password: "1" });
  });
});

describe("updating a user", () => {
  it("changes what is named, clears what is null or empty, and moves the version", async () => {
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
    // Two changes never share a version, also when the clock stands still.
    expect(renamed.updatedAt).toBe(user.updatedAt + 1);
    const cleared = await request("PATCH", `/v1/users/${user.id}`, { first_name: null, external_id: null });
    expect(await cleared.json()).toMatchObject({ first_name: null, external_id: null, last_name: "Lovelace" });
  });

  it("frees an identifier that a user gives up", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-1" });
    await clerk.users.updateUser(user.id, { externalId: "ext-2" });
    await clerk.users.createUser({ emailAddress: ["other@example.com"], externalId: "ext-1" });
    await clerk.users.deleteUser(user.id);
    await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-2" });
    expect(await clerk.users.getCount()).toBe(2);
  });

  it("refuses metadata, which has operations of its own", async () => {
    const { clerk, request } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const answer = await request("PATCH", `/v1/users/${user.id}`, { public_metadata: { role: "admin" } });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      errors: [{ code: "form_param_unknown", meta: { param_name: "public_metadata" } }],
    });
  });

  it("makes only a verified address of the user's own primary", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"] });
    const other = await clerk.users.createUser({ emailAddress: ["other@example.com"] });
    const unverified = await clerk.emailAddresses.createEmailAddress({
      userId: user.id,
      emailAddress: "b@example.com",
    });
    const choose = (id: string | undefined) => clerk.users.updateUser(user.id, { primaryEmailAddressID: id ?? "" });
    expect((await refusalOf(choose(unverified.id))).errors).toEqual([
      "form_verification_needed primary_email_address_id",
    ]);
    expect((await refusalOf(choose(other.emailAddresses[0]?.id))).errors).toEqual([
      "form_resource_not_found primary_email_address_id",
    ]);
    await clerk.emailAddresses.updateEmailAddress(unverified.id, { verified: true });
    expect((await choose(unverified.id)).primaryEmailAddress?.emailAddress).toBe("b@example.com");
  });

  it("does not take the last identification away", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    expect(await refusalOf(clerk.users.updateUser(user.id, { username: "" }))).toEqual({
      status: 400,
      errors: ["identification_deletion_failed"],
    });
  });
});

describe("metadata", () => {
  it("is merged at every depth, null removing a key", async () => {
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

  it("is replaced field by field, null included", async () => {
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
    expect(await emptied.json()).toMatchObject({ public_metadata: null, unsafe_metadata: { kept: true } });
  });
});

describe("the standing of a user", () => {
  it("deleting says no more than the id and the external id, and is final", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-1" });
    expect(await clerk.users.deleteUser(user.id)).toMatchObject({ id: user.id, object: "user", deleted: true });
    const gone = { status: 404, errors: ["resource_not_found"] };
    expect(await refusalOf(clerk.users.getUser(user.id))).toEqual(gone);
    expect(await refusalOf(clerk.users.deleteUser(user.id))).toEqual(gone);
    expect(await refusalOf(clerk.users.updateUser(user.id, { firstName: "Ada" }))).toEqual(gone);
  });

  it("a ban revokes all sessions and forbids new ones until it is lifted", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const session = await clerk.sessions.createSession({ userId: user.id });
    expect((await clerk.users.banUser(user.id)).banned).toBe(true);
    expect((await clerk.sessions.getSession(session.id)).status).toBe("revoked");
    expect(await refusalOf(clerk.sessions.createSession({ userId: user.id }))).toEqual({
      status: 403,
      errors: ["user_banned"],
    });
    expect((await clerk.users.unbanUser(user.id)).banned).toBe(false);
    await clerk.sessions.createSession({ userId: user.id });
  });

  it("up to fifty users are banned at once, or none when one is unknown", async () => {
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

  it("a lock runs out after an hour by itself", async () => {
    let now = 1_800_000_000_000;
    const { clerk } = await startEmulator({ now: () => now });
    const user = await clerk.users.createUser({ username: "countess" });
    expect((await clerk.users.lockUser(user.id)).locked).toBe(true);
    now += 59 * 60_000;
    const locked = await clerk.users.getUser(user.id);
    expect(locked.raw).toMatchObject({ locked: true, lockout_expires_in_seconds: 60 });
    expect((await refusalOf(clerk.sessions.createSession({ userId: user.id }))).errors).toEqual(["user_locked"]);
    now += 60_000;
    expect((await clerk.users.getUser(user.id)).locked).toBe(false);
    await clerk.users.lockUser(user.id);
    expect((await clerk.users.unlockUser(user.id)).locked).toBe(false);
  });

  it("an image of one's own comes and goes", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const file = new File(["not really an image"], "ada.png", { type: "image/png" });
    const pictured = await clerk.users.updateUserProfileImage(user.id, { file });
    expect(pictured.hasImage).toBe(true);
    expect(pictured.imageUrl).not.toBe(user.imageUrl);
    expect((await clerk.users.deleteUserProfileImage(user.id)).hasImage).toBe(false);
  });

  it("the lists that are not emulated are empty", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({ username: "countess" });
    const empty = { data: [], totalCount: 0 };
    expect(await clerk.users.getOrganizationMembershipList({ userId: user.id })).toEqual(empty);
    expect(await clerk.users.getUserOauthAccessToken(user.id, "google")).toEqual(empty);
    expect((await refusalOf(clerk.users.getUserOauthAccessToken("user_unknown", "google"))).status).toBe(404);
  });
});
