import { setTimeout as delay } from "node:timers/promises";
import type { ShardGroup, ShardGroupListener } from "../src/kafka/consuming/join-shard-group.ts";
import type { EventLog } from "../src/kafka/open-event-log.ts";
import { backoffDelayMs } from "../src/shared/backoff.ts";
import { messageOf, StartUpError } from "../src/shared/errors.ts";
import type { Logger } from "../src/shared/logger.ts";
import { withTimeout } from "../src/shared/with-timeout.ts";

const backoff = { firstDelayMs: 250, maxDelayMs: 5_000 };
/** kafkajs may never answer after a connection was cut at a bad moment. */
const timeoutMs = 60_000;
const noAnswer = () => new Error(`no answer from Kafka within ${timeoutMs} ms`);

/**
 * Ensures that the topics exist and joins the group. Retries with backoff until Kafka is available, so the processes may
 * start in any order. Throws a {@link StartUpError} for an error that retrying cannot fix (topics that do not fit), and an
 * `AbortError` when the signal aborts.
 */
export async function joinWhenAvailable(
  eventLog: EventLog,
  listener: ShardGroupListener,
  log: Logger,
  signal: AbortSignal,
): Promise<{ readonly group: ShardGroup; readonly cluster: string }> {
  for (let failures = 1; ; failures += 1) {
    try {
      await withTimeout(timeoutMs, eventLog.ensureTopics(), noAnswer);
      const cluster = await withTimeout(timeoutMs, eventLog.clusterId(), noAnswer);
      return { group: await eventLog.joinGroup(listener), cluster };
    } catch (error) {
      if (error instanceof StartUpError) throw error;
      const delayMs = backoffDelayMs(backoff, failures);
      log.warn({ event: "kafka.unavailable", error: messageOf(error), delayMs }, "Kafka is unavailable");
      await delay(delayMs, undefined, { signal });
    }
  }
}
