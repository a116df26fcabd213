// `bridge reshard --to <n>` to kill at an exact step: it halts for good at the step named HALT_AT ("sent": within the first
// transaction that moves states) and says so.
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
