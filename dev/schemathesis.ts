import { runSchemathesis } from "./schemathesis/run-schemathesis.ts";

process.exit(await runSchemathesis(process.argv.slice(2)));
