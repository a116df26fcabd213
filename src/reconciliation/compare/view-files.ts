import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createShardOf } from "../../domain/shard-of.ts";
import { StartUpError } from "../../shared/errors.ts";

/** Collects what several sources know of users, and returns it in groups of users that fit into memory. */
export interface ViewFiles<View> extends AsyncDisposable {
  add(userId: string, view: View): Promise<void>;
  /** Every user once, in groups, each with all that was added, in that order. To be called when nothing is added any more. */
  groups(): AsyncGenerator<ReadonlyMap<string, readonly View[]>>;
}

/** A group has this part of the users: 20,000 of a million. */
const files = 50;
/** Characters of one file that wait in memory. */
const bufferedCharacters = 64_000;

interface GroupFile {
  readonly handle: FileHandle;
  buffered: string[];
  characters: number;
}

/**
 * Opens temporary files, because the users of a large instance do not fit into memory. The files have no name as soon as they are open,
 * so nothing is left of them when the process ends in any way. Throws a {@link StartUpError} when they cannot be created.
 */
export async function openViewFiles<View>(parse: (json: unknown) => View): Promise<ViewFiles<View>> {
  const opened = await openUnnamed();
  const fileOf = createShardOf(files);
  const flush = async (file: GroupFile) => {
    const lines = file.buffered.join("");
    file.buffered = [];
    file.characters = 0;
    if (lines !== "") await file.handle.appendFile(lines);
  };
  return {
    add: async (userId, view) => {
      const file = opened[fileOf(userId)];
      if (file === undefined) throw new Error("the files are closed");
      const line = `${JSON.stringify([userId, view])}\n`;
      file.buffered.push(line);
      file.characters += line.length;
      if (file.characters > bufferedCharacters) await flush(file);
    },
    groups: async function* groups() {
      for (const file of opened) {
        await flush(file);
        const views = new Map<string, View[]>();
        for await (const line of file.handle.readLines({ start: 0, autoClose: false })) {
          const [userId, view] = JSON.parse(line);
          const known = views.get(String(userId));
          if (known === undefined) views.set(String(userId), [parse(view)]);
          else known.push(parse(view));
        }
        yield views;
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.splice(0).map(({ handle }) => handle.close()));
    },
  };
}

async function openUnnamed(): Promise<GroupFile[]> {
  try {
    const folder = await mkdtemp(join(tmpdir(), "bridge-verify-"));
    try {
      const handles = await Promise.all(
        Array.from({ length: files }, (_, index) => open(join(folder, String(index)), "a+", 0o600)),
      );
      return handles.map((handle) => ({ handle, buffered: [], characters: 0 }));
    } finally {
      await rm(folder, { recursive: true });
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartUpError(`TMPDIR: no temporary files can be created in ${tmpdir()} (${reason})`, { cause });
  }
}
