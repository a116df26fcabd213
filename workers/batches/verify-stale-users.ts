import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { UserLookup, UserReader } from "../../src/clerk/users/clerk-users.ts";
import { userIdOf } from "../../src/domain/change.ts";
import { type DecisionPolicy, needsVerification } from "../../src/domain/decide.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import type { State } from "../../src/domain/state.ts";

interface Verified {
  /** The changes to decide. A change that needed verification is replaced by Clerk's answer. */
  readonly candidates: readonly Candidate[];
  /** Messages about stale users: Clerk no longer has them, so nothing is published. */
  readonly stale: readonly Message[];
  /** Messages about users that Clerk could not answer for. */
  readonly deferred: readonly Message[];
}

const maxConcurrentLookups = 10;

/**
 * Asks Clerk about each unknown user whose messages are so old that the user may be deleted, once per batch. After the
 * first lookup that Clerk does not answer, no further one begins: each would wait as long.
 */
export async function verifyStaleUsers(
  candidates: readonly Candidate[],
  states: ReadonlyMap<string, State>,
  policy: DecisionPolicy,
  readUser: UserReader,
): Promise<Verified> {
  const isUnverified = ({ change }: Candidate) => needsVerification(states.get(userIdOf(change)), change, policy);
  const verified = candidates.filter((candidate) => !isUnverified(candidate));
  const unverified = Map.groupBy(candidates.filter(isUnverified), ({ change }) => userIdOf(change));
  const stale: Message[] = [];
  const deferred: Message[] = [];
  const settle = (message: Message, answer: UserLookup) => {
    switch (answer.outcome) {
      case "missing":
        stale.push(message);
        return;
      case "unavailable":
        deferred.push(message);
        return;
      case "found": {
        const parsed = parseChange({ ...message, data: answer.data, readAt: answer.readAt });
        if (parsed.outcome === "read") verified.push({ change: parsed.change, message });
        else deferred.push(message);
      }
    }
  };
  let unavailable: UserLookup | undefined;
  for (const users of chunksOf(maxConcurrentLookups, [...unverified])) {
    await Promise.all(
      users.map(async ([userId, ofUser]) => {
        const answer = unavailable ?? (await readUser(userId));
        if (answer.outcome === "unavailable") unavailable = answer;
        for (const { message } of ofUser) settle(message, answer);
      }),
    );
  }
  return { candidates: verified, stale, deferred };
}

function chunksOf<T>(size: number, items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
