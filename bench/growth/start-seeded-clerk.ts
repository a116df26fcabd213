import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { type StartedProcess, startProcess } from "../systems/start-process.ts";

export const secretKey = "sk_test_growth";
const minute = 60_000;

export interface SeededClerk extends StartedProcess {
  readonly url: string;
  readonly userIds: readonly string[];
}

/** Starts a Clerk emulator that has this many users, as a process of its own. */
export async function startSeededClerk(context: BenchContext, users: number): Promise<SeededClerk> {
  const port = await findFreePort();
  const idsFile = join(context.dir, `ids-${users}`);
  const started = await startProcess(context, {
    name: `clerk-${users}`,
    script: import.meta.resolve("./seeded-clerk.ts"),
    nodeArguments: ["--max-old-space-size=16000"],
    env: { PORT: String(port), USERS: String(users), SECRET_KEY: secretKey, IDS_FILE: idsFile },
    isReady: async () => existsSync(idsFile),
    readyDeadlineMs: 10 * minute,
  });
  const userIds = (await readFile(idsFile, "utf8")).split("\n");
  return { ...started, url: `http://127.0.0.1:${port}`, userIds };
}
