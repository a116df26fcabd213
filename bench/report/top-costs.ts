import { readFile } from "node:fs/promises";
import { z } from "zod";

const profileSchema = z.object({
  nodes: z.array(
    z.object({ id: z.int(), callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }) }),
  ),
  /** The node in which each sample was taken. */
  samples: z.array(z.int()),
  /** Before each sample, in µs. */
  timeDeltas: z.array(z.int()),
});

export interface Cost {
  /** A package, a module of Node, a function of the bridge, or one of the engine. */
  readonly what: string;
  /** Of the process's busy time. */
  readonly share: number;
}

/** What a process spent its time on, the largest part first. Reads a file that `node --cpu-prof` has written. */
export async function readCosts(file: string): Promise<Cost[]> {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const spent = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const what = nameOf.get(id) ?? "";
    if (what !== "(idle)") spent.set(what, (spent.get(what) ?? 0) + (timeDeltas[at] ?? 0));
  }
  const busy = [...spent.values()].reduce((sum, time) => sum + time, 0);
  return [...spent].map(([what, time]) => ({ what, share: time / busy })).toSorted((a, b) => b.share - a.share);
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

function describe({ functionName, url }: Frame): string {
  const name = functionName === "" ? "a function" : functionName;
  const ofPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (ofPackage !== undefined) return ofPackage;
  if (url.startsWith("node:")) return url.replace(/^node:internal\//, "node:");
  const file = /\/((?:src|workers|packages)\/.*)$/.exec(url)?.[1];
  return file === undefined ? name : `${name} (${file})`;
}
