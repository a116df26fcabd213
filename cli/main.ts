import { program } from "commander";
import { addBackfillCommand } from "./commands/backfill.ts";
import { addDeadCommand } from "./commands/dead.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addReconcileCommand } from "./commands/reconcile.ts";
import { addRebuildCommand } from "./commands/rebuild.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addReshardCommand } from "./commands/reshard.ts";
import { addTailCommand } from "./commands/tail.ts";
import { addVerifyCommand } from "./commands/verify.ts";

program
  .name("bridge")
  .description("Looks after a clerk-kafka-bridge. Reads the same environment as the worker.")
  .showHelpAfterError();
addDoctorCommand(program);
addTailCommand(program);
addDeadCommand(program);
addReplayCommand(program);
addRebuildCommand(program);
addBackfillCommand(program);
addReconcileCommand(program);
addVerifyCommand(program);
addReshardCommand(program);
await program.parseAsync();
