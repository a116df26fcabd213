import { expect, test } from "vitest";
import { FencedError } from "../../src/kafka/publishing/transaction-writer.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { runShard } from "./run-shard.ts";
import { ShardStatus } from "./shard-status.ts";

test("a fenced shard is owned again only while the group confirms that it is this worker's", async () => {
  const answers = [true, false];
  let fences = 0;
  const abort = new AbortController();
  const { context } = openShardInMemory({
    context: {
      openPublisher: async () => {
        fences += 1;
        if (fences > answers.length) abort.abort();
        throw new FencedError("another owner");
      },
    },
  });
  const group = { ...context.group, confirm: async () => answers.shift() ?? false };
  await runShard({ ...context, group }, 0, new ShardStatus(Date.now), abort.signal);
  expect(fences).toBe(2);
});
