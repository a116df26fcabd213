import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { UserLookup, UserReader } from "../../src/clerk/users/user-reader.ts";
import { userIdOf } from "../../src/domain/change.ts";
import { type DecisionPolicy, needsVerification } from "../../src/domain/decide.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { State } from "../../src/domain/state.ts";
import type { Message } from "../../src/domain/message.ts";

export interface Resolved {
  readonly candidates: readonly Candidate<Message>[];
  /** Messages about users that Clerk no longer has: ghosts. */
  readonly ghosts: readonly Message[];
  /** Messages about users that Clerk could not be asked about now. */
  readonly deferred: readonly Message[];
}

const usersAtOnce = 10;

/**
 * Asks Clerk about users that were never seen and whose messages are so old that they may be deleted since. What Clerk
 * says now takes the message's place. A user is asked for once a batch.
 */
export async function verifyStaleUsers(
  candidates: readonly Candidate<Message>[],
  states: ReadonlyMap<string, State>,
  policy: DecisionPolicy,
  readUser: UserReader,
): Promise<Resolved> {
  const sure: Candidate<Message>[] = [];
  const unsure = new Map<string, Candidate<Message>[]>();
  for (const candidate of candidates) {
    const userId = userIdOf(candidate.change);
    if (!needsVerification(states.get(userId), candidate.change, policy)) sure.push(candidate);
    else unsure.set(userId, [...(unsure.get(userId) ?? []), candidate]);
  }
  const ghosts: Message[] = [];
  const deferred: Message[] = [];
  const settle = (doubted: readonly Candidate<Message>[], answer: UserLookup) => {
    for (const { tag: message } of doubted) {
      if (answer.outcome === "missing") ghosts.push(message);
      else if (answer.outcome === "unavailable") deferred.push(message);
      else {
        const read = parseChange({ ...message, data: answer.data, readAt: answer.readAt });
        if (read.outcome === "read") sure.push({ change: read.change, tag: message });
        else deferred.push(message);
      }
    }
  };
  let away: UserLookup | undefined;
  for (const users of chunksOf(usersAtOnce, [...unsure])) {
    await Promise.all(
      users.map(async ([userId, doubted]) => {
        const answer = away ?? (await readUser(userId));
        // One unanswered question is enough: the others would only wait as long, each in turn.
        if (answer.outcome === "unavailable") away = answer;
        settle(doubted, answer);
      }),
    );
  }
  return { candidates: sure, ghosts, deferred };
}

function chunksOf<T>(size: number, items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
