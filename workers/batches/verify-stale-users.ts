import type { OptionalField } from "@clerk-kafka-bridge/events";
import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { UserLookup, UserReader } from "../../src/clerk/users/read-user.ts";
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
  /** Messages that cannot be decided: Clerk's answer is no user, or Clerk has not answered for too long. */
  readonly undecidable: readonly { readonly message: Message; readonly reason: string }[];
}

export interface Verification {
  readonly policy: DecisionPolicy;
  readonly readUser: UserReader;
  /** The optional fields that are published. */
  readonly eventFields: readonly OptionalField[];
  /** A message that was received earlier (ms) does not wait for Clerk any longer. */
  readonly giveUpBefore: number;
}

const maxConcurrentLookups = 10;

/**
 * Asks Clerk about each unknown user whose messages are so old that the user may be deleted, and about each user whose message lacks
 * optional fields, once per batch. After the first lookup that Clerk does not answer, no further one begins: each would wait as long.
 */
export async function verifyStaleUsers(
  candidates: readonly Candidate[],
  states: ReadonlyMap<string, State>,
  { policy, readUser, eventFields, giveUpBefore }: Verification,
): Promise<Verified> {
  const isUnverified = ({ change }: Candidate) => needsVerification(states.get(userIdOf(change)), change, policy);
  const verified = candidates.filter((candidate) => !isUnverified(candidate));
  const unverified = Map.groupBy(candidates.filter(isUnverified), ({ change }) => userIdOf(change));
  const stale: Message[] = [];
  const deferred: Message[] = [];
  const undecidable: { message: Message; reason: string }[] = [];
  const settle = (message: Message, answer: UserLookup) => {
    switch (answer.outcome) {
      case "missing":
        stale.push(message);
        return;
      case "unavailable":
        if (message.receivedAt >= giveUpBefore) deferred.push(message);
        else undecidable.push({ message, reason: `Clerk gave no answer about this user: ${answer.reason}` });
        return;
      case "found": {
        const parsed = parseChange(
          { ...message, data: answer.data, fields: answer.fields, readAt: answer.readAt },
          eventFields,
        );
        if (parsed.outcome === "read") verified.push({ change: parsed.change, message });
        else undecidable.push({ message, reason: `Clerk's answer is no user: ${parsed.reason}` });
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
  return { candidates: verified, stale, deferred, undecidable };
}

function chunksOf<T>(size: number, items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
