import { createRandom } from "clerk-emulator";
import { makeUser, newUserId, deletionMessage, userMessage, type UserMessage } from "../clerk/clerk-messages.ts";

export interface HistoryOptions {
  readonly users: number;
  /** The same seed gives the same changes in the same order. */
  readonly seed: number;
  /** The maximum number of updates per user; default 4. */
  readonly updates?: number;
}

/**
 * Messages as Clerk might send them about many users: each user is created, updated several times (one update in three
 * changes no published field) and possibly deleted. In order, each message once.
 */
export function makeHistory({ users, seed, updates = 4 }: HistoryOptions): UserMessage[] {
  const random = createRandom(seed, "history");
  return Array.from({ length: users }, () => {
    let user = makeUser({ id: newUserId() });
    const messages = [userMessage("user.created", user, 0)];
    const last = random.below(updates + 1);
    for (let change = 1; change <= last; change += 1) {
      const role = random.chance(0.5) ? "admin" : "user";
      if (random.chance(2 / 3)) user = makeUser({ id: user.id, firstName: `Ada ${change}`, role });
      messages.push(userMessage("user.updated", user, change));
    }
    if (random.chance(0.3)) messages.push(deletionMessage(user.id));
    return messages;
  }).flat();
}

/** The same messages in random order, some of them up to three times. */
export function shuffleWithRepeats(history: readonly UserMessage[], seed: number): UserMessage[] {
  const random = createRandom(seed, "order");
  const repeated = history.flatMap((message) => Array.from({ length: 1 + random.below(3) }, () => message));
  return repeated
    .map((message) => ({ message, rank: random.next() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ message }) => message);
}
