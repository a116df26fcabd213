import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryOf } from "../../../test/support/clerk/arbitrary-user.ts";
import { accountDetailsFromJson, accountDetailsSchema, accountJsonSchema } from "./account-details.ts";

const identified = { User: { id: fc.stringMatching(/^user_[0-9A-Za-z]{27}$/) } };

test("every user that Clerk's published schema allows has account details that fit the API's own schema", () => {
  fc.assert(
    fc.property(arbitraryOf("backendApi", identified), (user) => {
      const details = accountDetailsFromJson(accountJsonSchema.parse(user));
      expect(accountDetailsSchema.parse(details)).toMatchObject({ id: user["id"] });
    }),
  );
});
