import { resolve } from "node:path";
import { checkEmulator } from "./schemathesis/check-emulator.ts";
import { runSchemathesis } from "./schemathesis/run-schemathesis.ts";

// `npm run schemathesis` checks the API; with `-- --emulator <file or address>`, the Clerk emulator against Clerk's OpenAPI document.
const [option, openApi, ...rest] = process.argv.slice(2);
const check =
  option === "--emulator" && openApi !== undefined
    ? checkEmulator(/^https?:/.test(openApi) ? openApi : resolve(openApi), rest)
    : runSchemathesis(process.argv.slice(2));
process.exit(await check);
