import { createRandom } from "clerk-emulator";
import { makeUser, newUserId, deletionMessage, userMessage, type EnvelopeTimes } from "../clerk/clerk-messages.ts";

export interface HistoryOptions {
  readonly users: number;
  /** The same seed gives the same course of events and the same order. */
  readonly seed: number;
  /** The most updates of one user; default 4. */
  readonly updates?: number;
}

/**
 * What Clerk might tell of many users: each is created, updated some times (one in three changes nothing that is
 * published) and perhaps deleted. In order, each message once.
 */
export function makeHistory({ users, seed, updates = 4 }: HistoryOptions): EnvelopeTimes[] {
  const random = createRandom(seed, "history");
  return Array.from({ length: users }, () => {
    let user = makeUser({ id: newUserId() });
    const told = [userMessage("user.created", user, 0)];
    const last = random.below(updates + 1);
    for (let change = 1; change <= last; change += 1) {
      const role = random.chance(0.5) ? "admin" : "user";
      if (random.chance(2 / 3)) user = makeUser({ id: user.id, firstName: `Ada ${change}`, role });
      told.push(userMessage("user.updated", user, change));
    }
    if (random.chance(0.3)) told.push(deletionMessage(user.id));
    return told;
  }).flat();
}

/** The same messages in any order, some of them up to three times. */
export function shuffleWithRepeats(history: readonly EnvelopeTimes[], seed: number): EnvelopeTimes[] {
  const random = createRandom(seed, "order");
  const repeated = history.flatMap((told) => Array.from({ length: 1 + random.below(3) }, () => told));
  return repeated
    .map((told) => ({ told, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ told }) => told);
}
