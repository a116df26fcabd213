import { readdirSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

export const repositoryFolder: string = join(import.meta.dirname, "../..");

/** The folder for everything that the local stack writes: installed jars, data of `npm run dev`, folders of test runs. */
export const localFolder: string = join(repositoryFolder, ".local");

const freshPrefix = "test-";

/** Creates an empty folder that is removed when this process exits, or by `removeStaleFolders` if it is killed. */
export async function createFreshFolder(): Promise<string> {
  await mkdir(localFolder, { recursive: true });
  // The owner's pid is in the name and not in a file, so that another run never sees a folder without its owner.
  const folder = await mkdtemp(join(localFolder, `${freshPrefix}${process.pid}-`));
  if (!process.listeners("exit").includes(removeOwnFolders)) process.once("exit", removeOwnFolders);
  return folder;
}

/** Removes the fresh folders of processes that no longer run, for example after a crash or a SIGKILL. */
export async function removeStaleFolders(): Promise<void> {
  const names = await readdir(localFolder).catch(() => []);
  const stale = names.filter((name) => name.startsWith(freshPrefix) && !isAlive(ownerOf(name)));
  await Promise.all(stale.map((name) => rm(join(localFolder, name), { recursive: true, force: true, maxRetries: 3 })));
}

function removeOwnFolders(): void {
  const own = readdirSync(localFolder).filter((name) => name.startsWith(freshPrefix) && ownerOf(name) === process.pid);
  for (const name of own) rmSync(join(localFolder, name), { recursive: true, force: true, maxRetries: 3 });
}

/** Whether a process with this id is running. */
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

/**
 * Node keeps compiled code here, as `NODE_COMPILE_CACHE`: a program starts in half the CPU time. A run of the tests starts hundreds.
 */
export const compileCacheFolder = join(repositoryFolder, "node_modules", ".cache", "node-compile");
