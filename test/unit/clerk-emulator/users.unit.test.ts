import { isClerkAPIResponseError } from "@clerk/backend/errors";
import { describe, expect, it } from "vitest";
import { startEmulator } from "./start-emulator.ts";

describe("creating a user", () => {
  it("makes the first address primary and every address verified", async () => {
    const { clerk } = await startEmulator();
    const user = await clerk.users.createUser({
      emailAddress: ["Ada@Example.com", "countess@example.com"],
      firstName: "Ada",
      publicMetadata: { role: "admin", nestedKey: { keptAsItIs: 1 } },
    });
    expect(user.id).toMatch(/^user_\w{27}$/);
    expect(user.primaryEmailAddress?.emailAddress).toBe("ada@example.com");
    expect(user.emailAddresses.map((email) => email.verification?.status)).toEqual(["verified", "verified"]);
    expect(user).toMatchObject({ firstName: "Ada", lastName: null, username: null, banned: false, locked: false });
    expect(user.publicMetadata).toEqual({ role: "admin", nestedKey: { keptAsItIs: 1 } });
    expect(await clerk.users.getUser(user.id)).toEqual(user);
  });

  it("refuses an address that another user holds", async () => {
    const { clerk } = await startEmulator();
    await clerk.users.createUser({ emailAddress: ["ada@example.com"] });
    const error = await clerk.users.createUser({ emailAddress: ["ADA@example.com"] }).catch((cause: unknown) => cause);
    expect(isClerkAPIResponseError(error) && error).toMatchObject({
      status: 422,
      clerkTraceId: expect.stringMatching(/^\w{32}$/),
      errors: [{ code: "form_identifier_exists", meta: { paramName: "email_address" } }],
    });
  });
});
