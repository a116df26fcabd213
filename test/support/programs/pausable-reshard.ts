// `bridge reshard --to <n>` for tests that kill it at an exact step. It prints `halted` and waits for ever at the step named
// by HALT_AT ("sent": within the first transaction that moves states).
import { openCliContext } from "../../../cli/context/cli-context.ts";
import { openResharding } from "../../../cli/commands/reshard.ts";
import { reshard } from "../../../src/resharding/reshard.ts";

const haltAt = process.env["HALT_AT"];

const atStep = async (step: string) => {
  if (step !== haltAt) return;
  process.stdout.write("halted\n");
  await new Promise(() => {});
};

await using context = await openCliContext();
await reshard(
  {
    ...(await openResharding(context, () => atStep("sent"))),
    untilConsumed: async () => {},
    onProgress: () => {},
    atStep,
  },
  Number(process.argv[2]),
);
