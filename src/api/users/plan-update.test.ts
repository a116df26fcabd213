import fc from "fast-check";
import { expect, test } from "vitest";
import { addsUnverifiedEmail, type EmailChange, planEmailChanges } from "./plan-update.ts";

interface Address {
  readonly id: string;
  readonly email_address: string;
  readonly verification: { readonly status: string } | null;
}
interface Addresses {
  readonly email_addresses: Address[];
  readonly primary_email_address_id: string | null;
}

/** What Clerk does with a change. */
function apply(user: Addresses, change: EmailChange): Addresses {
  switch (change.step) {
    case "add_email": {
      const id = `idn_${change.address}`;
      const added = { id, email_address: change.address, verification: { status: "verified" } };
      const isPrimary = change.primary || user.email_addresses.length === 0;
      return {
        email_addresses: [...user.email_addresses, added],
        primary_email_address_id: isPrimary ? id : user.primary_email_address_id,
      };
    }
    case "primary_email":
      return { ...user, primary_email_address_id: change.id };
    case "remove_email":
      if (user.primary_email_address_id === change.id) throw new Error("removes the primary address");
      return { ...user, email_addresses: user.email_addresses.filter(({ id }) => id !== change.id) };
  }
}

const letters = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 5 });
const addressOf = (letter: string) => `${letter}@example.com`;
const users = fc
  .record({ letters, primary: fc.nat(), unverified: fc.subarray(["a", "b", "c", "d", "e"]) })
  .map(({ letters: held, primary, unverified }): Addresses => ({
    email_addresses: held.map((letter) => ({
      id: `idn_${letter}`,
      email_address: letter === "c" ? addressOf(letter).toUpperCase() : addressOf(letter),
      verification: unverified.includes(letter) ? null : { status: "verified" },
    })),
    primary_email_address_id: held.length === 0 ? null : `idn_${held[primary % held.length]}`,
  }));
const wanted = letters.filter(({ length }) => length > 0).map((each) => each.map(addressOf));

const primaryOf = (user: Addresses) =>
  user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address.toLowerCase();

test("an email plan reaches the wanted addresses, also after an interruption at any step and a new plan", () => {
  fc.assert(
    fc.property(users, wanted, fc.nat(), (before, list, at) => {
      const plan = planEmailChanges(before, list);
      const halfway = plan.slice(0, plan.length === 0 ? 0 : at % plan.length).reduce(apply, before);
      const after = planEmailChanges(halfway, list).reduce(apply, halfway);
      expect(after.email_addresses.map(({ email_address }) => email_address.toLowerCase()).toSorted()).toEqual(
        list.toSorted(),
      );
      expect(primaryOf(after)).toBe(list[0]);
      expect(planEmailChanges(after, list)).toEqual([]);
    }),
  );
});

test("an email plan adds new addresses first and removes old ones last", () => {
  fc.assert(
    fc.property(users, wanted, (before, list) => {
      const steps = planEmailChanges(before, list).map(({ step }) => step);
      const order = ["add_email", "primary_email", "remove_email"];
      expect(steps).toEqual(steps.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
      expect(steps.filter((step) => step === "primary_email").length).toBeLessThanOrEqual(1);
    }),
  );
});

test("only adding an address or making an unverified one primary counts as adding an unverified email", () => {
  const change = { address: "a@example.com", id: "idn_a" };
  expect(addsUnverifiedEmail({ step: "add_email", ...change, primary: false })).toBe(true);
  expect(addsUnverifiedEmail({ step: "primary_email", ...change, verify: true })).toBe(true);
  expect(addsUnverifiedEmail({ step: "primary_email", ...change, verify: false })).toBe(false);
  expect(addsUnverifiedEmail({ step: "remove_email", ...change })).toBe(false);
});
