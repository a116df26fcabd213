import fc from "fast-check";
import { expect, test } from "vitest";
import { clerkUserJson, makeUser } from "../../test/support/clerk/clerk-messages.ts";
import { maskBody, maskPersonalData } from "./mask-personal-data.ts";

test("names and the local parts of email addresses are hidden, and ids, times and domains stay", () => {
  const user = {
    id: "user_1",
    first_name: "Ada",
    username: null,
    email_addresses: [{ id: "idn_1", email_address: "ada@example.com" }],
    external_accounts: [{ provider: "oauth_google", given_name: "Ada", label: "Ada L.", picture: "https://x/ada" }],
    public_metadata: { plan: "gold", seats: 3 },
    note: "wrote to ada@example.com and b@x.org",
    updated_at: 5,
  };
  expect(maskPersonalData(user)).toEqual({
    id: "user_1",
    first_name: "A…",
    username: null,
    email_addresses: [{ id: "idn_1", email_address: "a…@example.com" }],
    external_accounts: [{ provider: "oauth_google", given_name: "A…", label: "A…", picture: "h…" }],
    public_metadata: { plan: "g…", seats: "…" },
    note: "wrote to a…@example.com and b…@x.org",
    updated_at: 5,
  });
});

test("a character of two code units is not cut in half", () => {
  expect(maskPersonalData({ firstName: "👩‍🚀 Sally" })).toEqual({ firstName: "👩…" });
});

test("of a body that is not JSON, only the length is shown", () => {
  expect(maskBody("ada@example.com")).toBe("a body of 15 characters that is not JSON");
});

test("no name and no local part of an address survives in the body of a webhook", () => {
  const word = fc.stringMatching(/^[a-z]{6,20}$/);
  fc.assert(
    fc.property(word, word, word, (firstName, lastName, local) => {
      const user = { ...makeUser(), firstName, lastName };
      const body = JSON.stringify({ data: { ...clerkUserJson(user, 1), note: `${local}@example.com` } });
      const masked = JSON.stringify(maskBody(body));
      expect([firstName, lastName, local].filter((secret) => masked.includes(`"${secret}`))).toEqual([]);
    }),
  );
});
