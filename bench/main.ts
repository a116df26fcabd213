// npm run bench: compares the bridge with simpler implementations in one run and prints one table. Figures are comparable
// only within a run. A missed target does not fail the run.
import { createFreshFolder, removeStaleFolders } from "../dev/stack/folders.ts";
import { startNative } from "../dev/stack/start-native.ts";
import { requireWrk } from "./load/require-wrk.ts";
import { readOptions, UsageError } from "./options.ts";
import { formatTable } from "./report/format-table.ts";
import { runParts } from "./run-parts.ts";

const log = (line: string) => console.error(line);

class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Rejects on Ctrl-C, so that everything stops in order. Child processes always end with this process. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => reject(new InterruptedError(`Interrupted by ${signal}`)));
});
interrupted.catch(() => {}); // Awaited when the parts run.

async function bench(): Promise<void> {
  const { only, ...options } = readOptions(process.argv.slice(2));
  await removeStaleFolders();
  await requireWrk(log);
  await using started = new AsyncDisposableStack();
  log("Starting a fresh Redis (fsync on every write) and Kafka …");
  const { redisUrl, kafkaBrokers } = started.adopt(await startNative({}, { log }), ({ stop }) => stop());
  const dir = await createFreshFolder();
  const rows = runParts({ redisUrl, kafkaBrokers, dir, log, ...options }, only);
  console.log(`\n${formatTable(await Promise.race([rows, interrupted]))}`);
}

try {
  await bench();
} catch (error) {
  console.error(error instanceof UsageError || error instanceof InterruptedError ? error.message : error);
  process.exitCode = 1;
}
// An interrupted part may still be waiting.
process.exit();
