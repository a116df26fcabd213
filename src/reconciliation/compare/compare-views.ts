import type { Snapshot } from "../../domain/change.ts";
import type { PresentState, State } from "../../domain/state.ts";
import { changesBetween } from "../../domain/user.ts";

/** What a store says of a user; undefined: nothing. */
export type StoredView = State | "unreadable" | undefined;
type Store = "ledger" | "kafka";

/**
 * Something wrong with a user:
 *
 * | what       | means                                                              |
 * | ---------- | ------------------------------------------------------------------ |
 * | missing    | Clerk has the user, the store has never heard of it                |
 * | deleted    | Clerk has the user, the store says that it is deleted              |
 * | extra      | Clerk has no such user, the store has                              |
 * | differs    | store and Clerk say different things, in these fields              |
 * | unreadable | what stands in the store is no state                               |
 * | disagrees  | the ledger is not the copy of Kafka that it should be              |
 */
export type Problem =
  | { readonly what: "missing" | "deleted" | "extra" | "unreadable"; readonly store: Store }
  | { readonly what: "differs"; readonly store: Store; readonly fields: readonly string[] }
  | { readonly what: "disagrees"; readonly fields: readonly string[] };

/** What is wrong with one user, given what Clerk, the ledger and the state topic say; nothing when all agree. Pure. */
export const compareViews = (clerk: Snapshot | undefined, ledger: StoredView, kafka: StoredView): Problem[] => [
  ...compareStore("ledger", clerk, ledger),
  ...compareStore("kafka", clerk, kafka),
  ...compareStores(ledger, kafka),
];

function compareStore(store: Store, clerk: Snapshot | undefined, view: StoredView): Problem[] {
  if (view === "unreadable") return [{ what: "unreadable", store }];
  if (clerk === undefined) return view?.status === "present" ? [{ what: "extra", store }] : [];
  if (view === undefined) return [{ what: "missing", store }];
  if (view.status === "deleted") return [{ what: "deleted", store }];
  const fields = [
    ...Object.keys(changesBetween(clerk.user, view.user)),
    ...(clerk.createdAt === view.createdAt ? [] : ["createdAt"]),
    ...(clerk.version === view.version ? [] : ["updatedAt"]),
  ];
  return fields.length === 0 ? [] : [{ what: "differs", store, fields }];
}

function compareStores(ledger: StoredView, kafka: StoredView): Problem[] {
  // Who is in one store only is told by the comparison with Clerk. Kafka forgets a deletion in the end, the ledger does not.
  if (ledger === "unreadable" || kafka === "unreadable" || kafka === undefined) return [];
  if (ledger === undefined) return kafka.status === "deleted" ? [{ what: "disagrees", fields: ["status"] }] : [];
  if (ledger.status === "deleted" || kafka.status === "deleted") {
    return ledger.status === kafka.status ? [] : [{ what: "disagrees", fields: ["status"] }];
  }
  const fields = [
    ...Object.keys(changesBetween(ledger.user, kafka.user)),
    ...ownFields.filter((field) => ledger[field] !== kafka[field]),
  ];
  return fields.length === 0 ? [] : [{ what: "disagrees", fields }];
}

const ownFields = ["createdAt", "version", "readAt", "sequence"] as const satisfies (keyof PresentState)[];
