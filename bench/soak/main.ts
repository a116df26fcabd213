// npm run soak: runs the bridge for a long time and tells whether anything grows. The exit code is 1 when something does.
import { parseArgs } from "node:util";
import { z } from "zod";
import { createFreshFolder, removeStaleFolders } from "../../dev/stack/folders.ts";
import { startNative } from "../../dev/stack/start-native.ts";
import { requireWrk } from "../load/require-wrk.ts";
import { assessSoak } from "./assess-soak.ts";
import { runSoak } from "./run-soak.ts";

const optionsSchema = z.object({
  minutes: z.coerce.number().positive().default(60),
  rate: z.coerce.number().int().positive().default(2_000),
});
const text = { type: "string" } as const;
const options = optionsSchema.parse(parseArgs({ options: { minutes: text, rate: text } }).values);
const log = (line: string) => console.log(line);

async function soak(): Promise<boolean> {
  await removeStaleFolders();
  await requireWrk(log);
  await using started = new AsyncDisposableStack();
  const servers = started.adopt(await startNative({}, { log }), ({ stop }) => stop());
  const { redisUrl, kafkaBrokers } = servers;
  const dir = await createFreshFolder();
  const context = {
    redisUrl,
    kafkaBrokers,
    serverPids: {},
    dir,
    rounds: 1,
    seconds: 1,
    shards: 3,
    connections: [],
    log,
  };
  const samples = await runSoak(context, options);
  const halfLoad = samples.filter(({ minute }) => minute <= options.minutes);
  const { memorySlopes, redisGrowth, problems } = assessSoak(halfLoad);
  log("");
  if (memorySlopes === undefined) log("memory: 20 minutes are needed to tell");
  else
    for (const [name, slope] of Object.entries(memorySlopes)) log(`memory of the ${name}: ${signed(slope)} % an hour`);
  log(`Redis: ${signed(redisGrowth)} % from the second to the last quarter`);
  for (const problem of problems) log(`PROBLEM: ${problem}`);
  log(problems.length === 0 ? "nothing grows; every accepted message has one event" : "something grows");
  return problems.length === 0;
}

const signed = (value: number) => `${value < 0 ? "" : "+"}${value.toFixed(1)}`;

process.exitCode = (await soak()) ? 0 : 1;
