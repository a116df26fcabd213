import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryOf } from "../../../test/support/clerk/arbitrary-user.ts";
import { parseChange } from "./parse-change.ts";
import { stripUser } from "./user-json.ts";

const identified = { User: { id: fc.stringMatching(/^user_[0-9A-Za-z]{27}$/) } };

describe("every user that Clerk's published schema allows is published, when it comes", () => {
  test.for(["backendApi", "webhookUser"] as const)("from the %s", (document) => {
    fc.assert(
      fc.property(arbitraryOf(document, identified), (user) => {
        const parsed = parseChange({
          id: "msg_1",
          source: "webhook",
          type: "user.updated",
          data: stripUser(user),
          receivedAt: 1,
          readAt: 0,
        });
        expect(parsed).toMatchObject({ outcome: "read", change: { user: { id: user["id"] } } });
      }),
    );
  });
});
