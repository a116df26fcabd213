import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "../stack/folders.ts";

/** Locks the folder for this process until `release`. Throws if another running process has locked it. */
export async function holdFolder(dir: string): Promise<{ release: () => Promise<void> }> {
  await mkdir(dir, { recursive: true });
  const pidFile = join(dir, "pid");
  const holder = Number(await readFile(pidFile, "utf8").catch(() => 0));
  if (holder && isAlive(holder))
    throw new Error(`npm run dev is already running here (process ${holder}). Stop it first.`);
  await writeFile(pidFile, `${process.pid}`);
  return { release: () => rm(pidFile) };
}
