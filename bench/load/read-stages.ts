import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { LogFiles } from "../systems/start-our-bridge.ts";
import type { LoadStep } from "./run-load-step.ts";

const receivedSchema = z.object({ event: z.literal("webhook.received"), id: z.string(), time: z.string() });
const batchSchema = z.object({
  event: z.literal("batch.processed"),
  shard: z.int(),
  time: z.string(),
  durationMs: z.number(),
  transactionMs: z.number(),
});

/**
 * Where the time of the messages of a load step went, in ms by stage, from the logs of our API and worker and from the records. A message
 * belongs to the batch of its shard during which the broker wrote its event, because a shard processes one batch at a time.
 */
export async function readStages(logFiles: LogFiles, { load, messages, events }: LoadStep) {
  const sentAt = new Map(load.sentAt.map((at, index) => [messages[index]?.id, at]));
  const answeredAt = new Map(
    (await readLines(logFiles.api, receivedSchema)).map(({ id, time }) => [id, Date.parse(time)]),
  );
  const batches = (await readLines(logFiles.worker, batchSchema)).map(({ shard, time, durationMs, transactionMs }) => ({
    shard,
    durationMs,
    transactionMs,
    startedAt: Date.parse(time) - durationMs,
    endedAt: Date.parse(time),
  }));
  const byShard = Map.groupBy(batches, ({ shard }) => shard);
  const used = new Set<(typeof batches)[number]>();
  const times = events.flatMap(({ svixId, partition, appendedAt, seenAt }) => {
    const sent = sentAt.get(svixId);
    const answered = answeredAt.get(svixId);
    const batch = byShard
      .get(partition)
      ?.find(({ startedAt, endedAt }) => startedAt <= appendedAt && appendedAt <= endedAt);
    if (sent === undefined || answered === undefined || batch === undefined) return [];
    used.add(batch);
    return [{ sent, answered, taken: batch.startedAt, written: appendedAt, seen: seenAt }];
  });
  const stages = {
    "sent → answered (204)": times.map(({ sent, answered }) => answered - sent),
    "sent → taken by the worker": times.map(({ sent, taken }) => taken - sent),
    "taken → written to Kafka": times.map(({ taken, written }) => written - taken),
    "written → consumed": times.map(({ written, seen }) => seen - written),
    "a batch": [...used].map(({ durationMs }) => durationMs),
    "a batch's transaction": [...used].map(({ transactionMs }) => transactionMs),
  };
  return { stages, messagesPerBatch: times.length / used.size };
}

async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(file, "utf8")).split("\n");
  return lines.flatMap((line) => {
    if (!line.startsWith("{")) return [];
    const parsed = schema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  });
}
