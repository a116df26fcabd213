import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../domain/change.ts";
import type { State } from "../../domain/state.ts";
import { placesOf } from "../../ledger/ledger-entry.ts";
import { compareViews } from "./compare-views.ts";
import { findMissedChange } from "./compare-page.ts";
import { watermarkOf } from "../runs/reconcile-recent.ts";
import { RECONCILIATION_ENVIRONMENT, toReconciliationConfig } from "../reconciliation-config.ts";
import { z } from "zod";

const user = {
  id: "user_1",
  firstName: "Ada",
  lastName: "",
  username: "",
  emailAddress: ["a@example.com"],
  role: "user",
};
const inClerk: Snapshot = {
  kind: "snapshot",
  source: "reconciliation",
  isCreateEvent: false,
  user,
  createdAt: 1,
  version: 10,
  readAt: 500,
  isPartial: false,
};
const present = (changes: Partial<Extract<State, { status: "present" }>> = {}): State => ({
  status: "present",
  user,
  createdAt: 1,
  version: 10,
  readAt: 0,
  sequence: 1,
  ...changes,
});
const grace = { ...user, firstName: "Grace" };
const deleted: State = { status: "deleted", sequence: 2 };

describe("what the ledger misses of a user in Clerk", () => {
  test.for<[name: string, state: State | undefined, missed: ReturnType<typeof findMissedChange>]>([
    ["a user it does not know", undefined, "created"],
    ["the same snapshot: nothing", present(), undefined],
    ["a newer version with other content", present({ version: 9, user: grace }), "updated"],
    ["a newer version of the same content", present({ version: 9 }), "touched"],
    ["other content at the same version, read later", present({ user: grace }), "updated"],
    [
      "other content at the same version, but the ledger's was read later: nothing",
      present({ user: grace, readAt: 501 }),
      undefined,
    ],
    ["a field that is no longer published", present({ user: { ...user, banned: false } }), "fields"],
    [
      "a field that is no longer published, and other content",
      present({ user: { ...grace, banned: false } }),
      "updated",
    ],
    ["an older version than it knows: nothing", present({ version: 11, user: grace }), undefined],
    ["a user it knows to be deleted: nothing", deleted, undefined],
    ["the right content of a version in the future", present({ version: 3_600_501, user: grace }), "updated"],
    ["the right version of one in the future", present({ version: 3_600_501 }), "touched"],
    ["an hour's difference of the clocks: nothing", present({ version: 3_600_500, user: grace }), undefined],
  ])("%s", ([, state, missed]) => {
    expect(findMissedChange(state, inClerk)).toBe(missed);
  });

  test("a field that is published from now on", () => {
    const withField = { ...inClerk, user: { ...user, externalId: "crm-7" } };
    expect(findMissedChange(present(), withField)).toBe("fields");
    expect(findMissedChange(present({ user: grace }), withField)).toBe("updated");
    expect(findMissedChange(present({ user: withField.user }), withField)).toBeUndefined();
  });
});

describe("the watermark", () => {
  test("follows Clerk's clock, and ours only where it is behind; it keeps the grace", () => {
    expect(watermarkOf(1_000, 2_000, 100)).toBe(900);
    expect(watermarkOf(3_000, 2_000, 100)).toBe(1_900);
    expect(watermarkOf(undefined, 2_000, 100)).toBe(1_900);
  });
});

describe("what is wrong with a user", () => {
  /** With the index as it must be. */
  const compare = (clerk: Snapshot | undefined, ledger: State | undefined, kafka: State | undefined) => {
    return compareViews({ clerk, ledger, kafka, places: ledger === undefined ? [] : placesOf(ledger) });
  };

  test("nothing, when all agree; nor when Kafka has forgotten a deletion", () => {
    expect(compare(inClerk, present(), present())).toEqual([]);
    expect(compare(undefined, deleted, deleted)).toEqual([]);
    expect(compare(undefined, deleted, undefined)).toEqual([]);
    expect(compare(undefined, undefined, undefined)).toEqual([]);
  });

  test("a deletion that the ledger has forgotten, or that only one of the two knows", () => {
    expect(compare(undefined, undefined, deleted)).toEqual([{ what: "disagrees", fields: ["status"] }]);
    expect(compare(inClerk, deleted, present())).toEqual([
      { what: "deleted", store: "ledger" },
      { what: "disagrees", fields: ["status"] },
    ]);
  });

  test.for([
    ["that the index does not have", present(), []],
    ["that the index lacks in one order", present(), placesOf(present()).slice(1)],
    ["at another place in the index", present(), placesOf(present({ createdAt: 2 }))],
    ["at one place too many in the index", present(), [...placesOf(present()), "c:user:2"]],
    ["in the index although the ledger has the deletion", deleted, placesOf(present())],
    ["in the index and not in the ledger", undefined, placesOf(present())],
  ] as const)("a user %s", ([, ledger, places]) => {
    const problems = compareViews({ clerk: undefined, ledger, kafka: undefined, places: [...places] });
    expect(problems).toContainEqual({ what: "misplaced" });
  });

  test("what only the bridge keeps, when the ledger is no copy of Kafka", () => {
    expect(compare(inClerk, present({ sequence: 2, readAt: 5 }), present())).toEqual([
      { what: "disagrees", fields: ["readAt", "sequence"] },
    ]);
  });
});

describe("the configuration", () => {
  const read = (variables: Record<string, string>) =>
    toReconciliationConfig(z.object(RECONCILIATION_ENVIRONMENT).parse(variables));

  test("compares recent changes every five minutes and all users once a night by default", () => {
    expect(read({})).toMatchObject({ everyMs: 300_000, sweepCron: "0 3 * * *", maxDeletedPercent: 10 });
  });

  test("can be switched off, and refuses what is no cron pattern", () => {
    expect(read({ RECONCILE_EVERY_MS: "0", RECONCILE_SWEEP_CRON: "off" })).toMatchObject({
      everyMs: 0,
      sweepCron: undefined,
    });
    expect(() => read({ RECONCILE_SWEEP_CRON: "at night" })).toThrow("cron");
  });
});
