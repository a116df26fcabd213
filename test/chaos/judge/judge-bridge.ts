import { createDeadLetters } from "../../../src/queue/dead-letters.ts";
import { eventsTopicOf, stateTopicOf } from "../../support/bridge/bridge-variables.ts";
import { findViolations, type Violation } from "../../support/bridge/find-violations.ts";
import { readLedger } from "../../support/redis/read-ledger.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import type { LedgerOfBridge } from "../faults/ledger-faults.ts";
import { expectUsers } from "./expect-users.ts";
import type { Judgement, EnvelopeTimes } from "./judgement.ts";

export interface BridgeOnTrial extends LedgerOfBridge {
  readonly kafkaBrokers: readonly string[];
}

const manyLetters = 10_000;
const nobody = "";

/** The whole guarantee, and that nothing but what nobody can decide is among the dead letters. */
export async function judgeBridge(bridge: BridgeOnTrial, told: EnvelopeTimes): Promise<Judgement> {
  const { redis, redisPrefix, shards, kafkaBrokers } = bridge;
  const [events, states, ledger, letters] = await Promise.all([
    readTopic(kafkaBrokers, eventsTopicOf(redisPrefix)),
    readTopic(kafkaBrokers, stateTopicOf(redisPrefix)),
    readLedger(redis, redisPrefix, shards),
    createDeadLetters(redis, redisPrefix, Number.MAX_SAFE_INTEGER).list(0, manyLetters),
  ]);
  const published = new Set(events.map(({ key }) => key));
  const expected = expectUsers(told, (userId) => told.nothingLost || published.has(userId));
  const dead = new Set(letters.map(({ id }) => id));
  const count = (origin: string) => events.filter(({ headers }) => headers["ce_origin"] === origin).length;
  return {
    events,
    violations: [
      ...findViolations({ events, states, ledger }, expected),
      ...wrongLetters(dead, told),
      ...wrongAnswers(told),
    ],
    counts: {
      events: events.length,
      "by reconciliation": count("reconciliation"),
      "first seen": count("first-seen"),
      "dead letters": dead.size,
    },
  };
}

function wrongLetters(dead: ReadonlySet<string>, { poison, nothingLost }: EnvelopeTimes): Violation[] {
  const wrong = [...dead].filter((id) => !poison.has(id));
  const missing = nothingLost ? [...poison].filter((id) => !dead.has(id)) : [];
  return [
    ...wrong.map((id) => ({ userId: nobody, what: `${id} is among the dead letters` })),
    ...missing.map((id) => ({ userId: nobody, what: `${id} is not among the dead letters` })),
  ];
}

/** 503 says that Redis is away; any other refusal of a message that Clerk signed is a fault. */
function wrongAnswers({ messages }: EnvelopeTimes): Violation[] {
  return messages.flatMap(({ id, userId, attempts }) =>
    attempts
      .filter(({ status }) => status !== null && status !== 204 && status !== 503)
      .map(({ status }) => ({ userId, what: `${id} was answered ${status}` })),
  );
}
