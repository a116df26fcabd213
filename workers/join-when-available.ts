import { setTimeout as delay } from "node:timers/promises";
import type { ShardGroup, ShardGroupListener } from "../src/kafka/consuming/join-shard-group.ts";
import type { EventLog } from "../src/kafka/open-event-log.ts";
import type { Logger } from "../src/shared/logger.ts";
import { StartUpError } from "../src/shared/errors.ts";
import { withTimeout } from "../src/shared/with-timeout.ts";

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** kafkajs may hang for ever after a connection was cut at a bad moment. */
const answerWithinMs = 60_000;
const noAnswer = () => new Error(`no answer from Kafka in ${answerWithinMs} ms, and no error`);

/**
 * Makes sure of the topics and joins the group, as soon as Kafka is there: the processes may start in any order. Waits
 * 250, 500 … 5,000 ms between tries. Throws what no waiting mends ({@link StartUpError}: topics that do not fit), and
 * when the signal says to stop.
 */
export async function joinWhenAvailable(
  eventLog: EventLog,
  listener: ShardGroupListener,
  log: Logger,
  signal: AbortSignal,
): Promise<{ readonly group: ShardGroup; readonly cluster: string }> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await withTimeout(answerWithinMs, eventLog.ensureTopics(), noAnswer);
      const cluster = await withTimeout(answerWithinMs, eventLog.clusterId(), noAnswer);
      return { group: await eventLog.joinGroup(listener), cluster };
    } catch (error) {
      if (error instanceof StartUpError) throw error;
      log.warn(
        { event: "kafka.away", error: error instanceof Error ? error.message : String(error), pauseMs },
        "Kafka is away",
      );
      await delay(pauseMs, undefined, { signal });
    }
  }
}
