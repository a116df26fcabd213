// npm run bench: measures the bridge against simpler ways of doing the same, all in one run, and prints one table. The
// figures are for comparing within a run; nothing fails when a target is missed.
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

/** Rejects on Ctrl-C, so that what was started is stopped in order. Child processes end with this one in any case. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => reject(new InterruptedError(`Interrupted by ${signal}`)));
});
interrupted.catch(() => {}); // Looked at once the parts run.

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
// A part that was interrupted is still waiting for something.
process.exit();
