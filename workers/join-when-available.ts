import { setTimeout as delay } from "node:timers/promises";
import type { ShardGroup, ShardGroupListener } from "../src/kafka/consuming/join-shard-group.ts";
import { explainKafkaError, kafkaReason } from "../src/kafka/client/explain-error.ts";
import type { EventLog } from "../src/kafka/open-event-log.ts";
import { backoffDelayMs } from "../src/shared/backoff.ts";
import { StartUpError } from "../src/shared/errors.ts";
import type { Logger } from "../src/shared/logger.ts";
import { withTimeout } from "../src/shared/with-timeout.ts";

const backoff = { firstDelayMs: 250, maxDelayMs: 5_000 };
/** kafkajs may never answer after a connection was cut at a bad moment. */
const timeoutMs = 60_000;
const noAnswer = () => new Error(`no answer from Kafka within ${timeoutMs} ms`);

/**
 * Ensures that the topics exist and joins the group. Retries with backoff until Kafka is available, so the processes may
 * start in any order; `onWaiting` receives the reason for each wait. Throws a {@link StartUpError} with the remedy for what
 * retrying cannot fix (topics that do not fit, missing rights), and an `AbortError` when the signal aborts.
 */
export async function joinWhenAvailable(
  eventLog: EventLog,
  listener: ShardGroupListener,
  log: Logger,
  signal: AbortSignal,
  onWaiting: (reason: string) => void,
): Promise<{ readonly group: ShardGroup; readonly cluster: string }> {
  for (let failures = 1; ; failures += 1) {
    try {
      for (const { subject, detail, remedy } of await withTimeout(timeoutMs, eventLog.ensureTopics(), noAnswer)) {
        log.warn({ event: "kafka.unwise", subject, detail, remedy }, "Kafka is not set up as it should be");
      }
      const cluster = await withTimeout(timeoutMs, eventLog.clusterId(), noAnswer);
      return { group: await eventLog.joinGroup(listener), cluster };
    } catch (error) {
      if (error instanceof StartUpError) throw error;
      const refusal = explainKafkaError(error);
      if (refusal !== undefined) throw refusal;
      const reason = kafkaReason(error);
      onWaiting(reason);
      const delayMs = backoffDelayMs(backoff, failures);
      log.warn({ event: "kafka.unavailable", error: reason, delayMs }, "Kafka is unavailable");
      await delay(delayMs, undefined, { signal });
    }
  }
}
