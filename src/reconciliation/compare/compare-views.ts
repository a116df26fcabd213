import { placesOf } from "../../ledger/ledger-entry.ts";
import type { Snapshot } from "../../domain/change.ts";
import type { PresentState, State } from "../../domain/state.ts";
import { differingFields } from "../../domain/user.ts";

/** A store's view of a user; undefined when the store does not know the user. */
export type StoredView = State | "unreadable" | undefined;
type Store = "ledger" | "kafka";

/**
 * A problem with a user:
 *
 * | what       | means                                                              |
 * | ---------- | ------------------------------------------------------------------ |
 * | missing    | Clerk has the user, the store does not know the user               |
 * | deleted    | Clerk has the user, the store has a deletion                       |
 * | extra      | the store has a user that Clerk does not have                      |
 * | differs    | store and Clerk differ in these fields                             |
 * | unreadable | the store's entry cannot be decoded                                |
 * | disagrees  | the ledger differs from Kafka in these fields                      |
 * | misplaced  | the index of the ledger has the user elsewhere than the ledger     |
 */
export type Problem =
  | { readonly what: "missing" | "deleted" | "extra" | "unreadable"; readonly store: Store }
  | { readonly what: "differs"; readonly store: Store; readonly fields: readonly string[] }
  | { readonly what: "disagrees"; readonly fields: readonly string[] }
  | { readonly what: "misplaced" };

/** What Clerk and the stores have of one user. */
export interface UserViews {
  clerk: Pick<Snapshot, "user" | "createdAt" | "version"> | undefined;
  ledger: StoredView;
  kafka: StoredView;
  /** The user's places in the index of the ledger. */
  places: string[];
  /** Why Clerk's user cannot be parsed. */
  unreadable: string | undefined;
}

/** The problems with one user according to Clerk, the ledger and the state topic; empty when all agree. Pure. */
export const compareViews = ({ clerk, ledger, kafka, places }: Omit<UserViews, "unreadable">): Problem[] => [
  ...compareStore("ledger", clerk, ledger),
  ...compareStore("kafka", clerk, kafka),
  ...compareStores(ledger, kafka),
  ...comparePlaces(ledger, places),
];

function comparePlaces(ledger: StoredView, places: readonly string[]): Problem[] {
  if (ledger === "unreadable") return [];
  const right = ledger === undefined ? [] : placesOf(ledger);
  const isRight = places.length === right.length && right.every((place) => places.includes(place));
  return isRight ? [] : [{ what: "misplaced" }];
}

function compareStore(store: Store, clerk: UserViews["clerk"], view: StoredView): Problem[] {
  if (view === "unreadable") return [{ what: "unreadable", store }];
  if (clerk === undefined) return view?.status === "present" ? [{ what: "extra", store }] : [];
  if (view === undefined) return [{ what: "missing", store }];
  if (view.status === "deleted") return [{ what: "deleted", store }];
  const fields = [
    ...differingFields(clerk.user, view.user),
    ...(clerk.createdAt === view.createdAt ? [] : ["createdAt"]),
    ...(clerk.version === view.version ? [] : ["updatedAt"]),
  ];
  return fields.length === 0 ? [] : [{ what: "differs", store, fields }];
}

function compareStores(ledger: StoredView, kafka: StoredView): Problem[] {
  // The comparison with Clerk reports users that only one store has. Kafka drops a deletion in the end, the ledger does not.
  if (ledger === "unreadable" || kafka === "unreadable" || kafka === undefined) return [];
  if (ledger === undefined) return kafka.status === "deleted" ? [{ what: "disagrees", fields: ["status"] }] : [];
  if (ledger.status === "deleted" || kafka.status === "deleted") {
    return ledger.status === kafka.status ? [] : [{ what: "disagrees", fields: ["status"] }];
  }
  const fields = [
    ...differingFields(ledger.user, kafka.user),
    ...ownFields.filter((field) => ledger[field] !== kafka[field]),
  ];
  return fields.length === 0 ? [] : [{ what: "disagrees", fields }];
}

const ownFields = ["createdAt", "version", "readAt", "sequence"] as const satisfies (keyof PresentState)[];

/** A problem in a few words. */
export function describeProblem(problem: Problem): string {
  if (problem.what === "misplaced") return "the index of the ledger has the user elsewhere than the ledger";
  if (problem.what === "disagrees") return `ledger and Kafka disagree in ${problem.fields.join(", ")}`;
  const store = problem.store === "ledger" ? "the ledger" : "Kafka";
  switch (problem.what) {
    case "missing":
      return `missing in ${store}`;
    case "deleted":
      return `deleted in ${store}, but present in Clerk`;
    case "extra":
      return `present in ${store}, but not in Clerk`;
    case "unreadable":
      return `unreadable in ${store}`;
    case "differs":
      return `${store} differs from Clerk in ${problem.fields.join(", ")}`;
  }
}
