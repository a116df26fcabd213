import { setFlagsFromString } from "node:v8";
import tab from "@bomb.sh/tab/commander";
import { program } from "commander";
import { programVersion } from "../src/shared/program-config.ts";
import { addBackfillCommand } from "./commands/backfill.ts";
import { addDlqCommand } from "./commands/dlq.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addReconcileCommand } from "./commands/reconcile.ts";
import { addRebuildCommand } from "./commands/rebuild.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addReshardCommand } from "./commands/reshard.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addTailCommand } from "./commands/tail.ts";
import { addUserCommand } from "./commands/user.ts";
import { addUsersCommand } from "./commands/users.ts";
import { addVerifyCommand } from "./commands/verify.ts";
import { endWithClosedPipe } from "./context/output.ts";
import { useDevelopmentStack } from "./context/use-development-stack.ts";

// Commands read millions of records and keep few. V8 would rather let garbage fill several hundred MB than collect it; these two only
// change how soon the heap may grow, so they may be set while the program runs.
for (const flag of ["--semi-space-growth-factor=1", "--heap-growing-percent=50"]) setFlagsFromString(flag);

endWithClosedPipe();
useDevelopmentStack();
program
  .name("bridge")
  .description("Operate a running bridge. Uses the worker's environment.")
  .version(programVersion)
  .showHelpAfterError();
addStatusCommand(program);
addUserCommand(program);
addDoctorCommand(program);
addTailCommand(program);
addDlqCommand(program);
addReplayCommand(program);
addRebuildCommand(program);
addBackfillCommand(program);
addReconcileCommand(program);
addVerifyCommand(program);
addUsersCommand(program);
addReshardCommand(program);
tab(program);
await program.parseAsync();
