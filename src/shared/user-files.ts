import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf, StartUpError } from "./errors.ts";

/** Collects entries about users, and returns them in groups of users that fit into memory. */
export interface UserFiles<Entry> extends AsyncDisposable {
  add(userId: string, entry: Entry): Promise<void>;
  /** Every user once, in groups, each with all that was added, in that order. To be called when nothing is added any more; it may be called again. */
  groups(): AsyncGenerator<ReadonlyMap<string, readonly Entry[]>>;
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
 * Keeps the entries in temporary files, because the users of a large instance do not fit into memory. There are none before the first
 * entry, and they have no name as soon as they are open, so nothing is left of them when the process ends in any way. Methods throw a
 * {@link StartUpError} when the files cannot be written.
 */
export function openUserFiles<Entry>(parse: (json: unknown) => Entry): UserFiles<Entry> {
  let opened: Promise<readonly GroupFile[]> | undefined;
  return {
    add: async (userId, entry) => {
      opened ??= openUnnamed();
      const file = (await opened)[crc32(userId) % files];
      if (file === undefined) throw new Error("there is no such file");
      const line = `${JSON.stringify([userId, entry])}\n`;
      file.buffered.push(line);
      file.characters += line.length;
      if (file.characters > bufferedCharacters) await flush(file);
    },
    groups: async function* groups() {
      for (const file of (await opened) ?? []) {
        await flush(file);
        const entries = new Map<string, Entry[]>();
        for await (const line of file.handle.readLines({ start: 0, autoClose: false })) {
          const [userId, entry] = JSON.parse(line);
          const known = entries.get(String(userId));
          if (known === undefined) entries.set(String(userId), [parse(entry)]);
          else known.push(parse(entry));
        }
        yield entries;
      }
    },
    [Symbol.asyncDispose]: async () => {
      // `add` has thrown why the files could not be opened.
      const handles = (await opened?.catch(() => [])) ?? [];
      await Promise.all(handles.map(({ handle }) => handle.close()));
    },
  };
}

async function flush(file: GroupFile): Promise<void> {
  const lines = file.buffered.join("");
  file.buffered = [];
  file.characters = 0;
  if (lines !== "") await file.handle.appendFile(lines).catch(explain);
}

async function openUnnamed(): Promise<readonly GroupFile[]> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-users-")).catch(explain);
  try {
    const handles = await Promise.all(
      Array.from({ length: files }, (_, index) => open(join(folder, String(index)), "a+", 0o600)),
    );
    return handles.map((handle) => ({ handle, buffered: [], characters: 0 }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function explain(cause: unknown): never {
  throw new StartUpError(`TMPDIR: temporary files cannot be written in ${tmpdir()} (${messageOf(cause)})`, { cause });
}
