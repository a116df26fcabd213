import { createDeadLetters } from "../../../src/queue/dead-letters.ts";
import { eventsTopicOf, stateTopicOf } from "../../support/bridge/bridge-variables.ts";
import { findViolations, type Violation } from "../../support/bridge/find-violations.ts";
import { readLedger } from "../../support/redis/read-ledger.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import type { BridgeInRedis } from "../faults/redis-faults.ts";
import { expectUsers } from "./expect-users.ts";
import type { CheckResult, ClerkHistory } from "./check-result.ts";

export interface CheckedBridge extends BridgeInRedis {
  readonly kafkaBrokers: readonly string[];
}

const maxDeadLetters = 10_000;
const noUser = "";

/** Checks the whole guarantee, and that only messages that cannot be processed are dead letters. */
export async function checkBridge(bridge: CheckedBridge, clerkHistory: ClerkHistory): Promise<CheckResult> {
  const { redis, redisPrefix, shards, kafkaBrokers } = bridge;
  const [events, states, ledger, letters] = await Promise.all([
    readTopic(kafkaBrokers, eventsTopicOf(redisPrefix)),
    readTopic(kafkaBrokers, stateTopicOf(redisPrefix)),
    readLedger(redis, redisPrefix, shards),
    createDeadLetters(redis, redisPrefix, Number.MAX_SAFE_INTEGER).list(0, maxDeadLetters),
  ]);
  const published = new Set(events.map(({ key }) => key));
  const expected = expectUsers(clerkHistory, (userId) => clerkHistory.nothingLost || published.has(userId));
  const dead = new Set(letters.map(({ id }) => id));
  const count = (origin: string) => events.filter(({ headers }) => headers["ce_origin"] === origin).length;
  return {
    events,
    violations: [
      ...findViolations({ events, states, ledger }, expected),
      ...wrongDeadLetters(dead, clerkHistory),
      ...wrongResponses(clerkHistory),
    ],
    counts: {
      events: events.length,
      "by reconciliation": count("reconciliation"),
      "first seen": count("first-seen"),
      "dead letters": dead.size,
    },
  };
}

function wrongDeadLetters(dead: ReadonlySet<string>, { poison, nothingLost }: ClerkHistory): Violation[] {
  const wrong = [...dead].filter((id) => !poison.has(id));
  const missing = nothingLost ? [...poison].filter((id) => !dead.has(id)) : [];
  return [
    ...wrong.map((id) => ({ userId: noUser, what: `${id} is among the dead letters` })),
    ...missing.map((id) => ({ userId: noUser, what: `${id} is not among the dead letters` })),
  ];
}

/** 503 means that Redis is unavailable. Any other rejection of a message that Clerk signed is a violation. */
function wrongResponses({ messages }: ClerkHistory): Violation[] {
  return messages.flatMap(({ id, userId, attempts }) =>
    attempts
      .filter(({ status }) => status !== null && status !== 204 && status !== 503)
      .map(({ status }) => ({ userId, what: `${id} was answered ${status}` })),
  );
}
