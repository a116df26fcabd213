import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryOf } from "../../../test/support/clerk/arbitrary-user.ts";
import type { Message } from "../../domain/message.ts";
import { optionalFields } from "../../domain/user.ts";
import { parseChange } from "./parse-change.ts";
import { stripUser } from "./user-json.ts";

const identified = { User: { id: fc.stringMatching(/^user_[0-9A-Za-z]{27}$/) } };

describe("every user that Clerk's published schema allows is published, when it comes", () => {
  test.for([
    ["backendApi", []],
    ["backendApi", optionalFields],
    ["webhookUser", []],
    ["webhookUser", optionalFields],
  ] as const)("from the %s, with the optional fields %j", ([document, eventFields]) => {
    fc.assert(
      fc.property(arbitraryOf(document, identified), (user) => {
        const message: Message = {
          id: "msg_1",
          source: "webhook",
          type: "user.updated",
          receivedAt: 1,
          readAt: 0,
          ...stripUser(user, eventFields),
        };
        const parsed = parseChange(message, eventFields);
        expect(parsed).toMatchObject({ outcome: "read", change: { user: { id: user["id"] } } });
      }),
    );
  });
});
