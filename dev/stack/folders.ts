import { readdirSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

export const repositoryFolder: string = join(import.meta.dirname, "../..");

/** All that the local stack writes is in here: installed jars, the data of `npm run dev`, the folders of test runs. */
export const localFolder: string = join(repositoryFolder, ".local");

const freshPrefix = "test-";

/** Makes an empty folder that goes when this process exits; if it is killed, `removeStaleFolders` removes the folder. */
export async function createFreshFolder(): Promise<string> {
  await mkdir(localFolder, { recursive: true });
  // The owner's pid is in the name, not in a file: another run that sweeps never sees a folder without its owner.
  const folder = await mkdtemp(join(localFolder, `${freshPrefix}${process.pid}-`));
  if (!process.listeners("exit").includes(removeOwnFolders)) process.once("exit", removeOwnFolders);
  return folder;
}

/** Removes the fresh folders whose process is gone, as after a crash or a SIGKILL. */
export async function removeStaleFolders(): Promise<void> {
  const names = await readdir(localFolder).catch(() => []);
  const stale = names.filter((name) => name.startsWith(freshPrefix) && !isAlive(ownerOf(name)));
  await Promise.all(stale.map((name) => rm(join(localFolder, name), { recursive: true, force: true, maxRetries: 3 })));
}

function removeOwnFolders(): void {
  const own = readdirSync(localFolder).filter((name) => name.startsWith(freshPrefix) && ownerOf(name) === process.pid);
  for (const name of own) rmSync(join(localFolder, name), { recursive: true, force: true, maxRetries: 3 });
}

/** Whether a process of that id runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function ownerOf(folderName: string): number {
  return Number(folderName.slice(freshPrefix.length).split("-", 1)[0]);
}
