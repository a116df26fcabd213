import { runDevelopment } from "./run/run-development.ts";

process.exit(await runDevelopment());
