import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCosts } from "./top-costs.ts";

test("costs are shares of the busy time, by package, by module of Node, and by function of the bridge", async () => {
  const frame = (functionName: string, url: string) => ({ callFrame: { functionName, url, lineNumber: 1 } });
  await using folder = await mkdtempDisposable(join(tmpdir(), "costs-"));
  const file = join(folder.path, "api.cpuprofile");
  const profile = {
    nodes: [
      { id: 1, ...frame("(idle)", "") },
      { id: 2, ...frame("parse", "") },
      { id: 3, ...frame("fetch", "file:///app/node_modules/hono/dist/app.js") },
      { id: 4, ...frame("", "file:///app/node_modules/hono/dist/router.js") },
      { id: 5, ...frame("verify", "file:///app/src/webhooks/verify-message.ts") },
      { id: 6, ...frame("push", "node:internal/streams/readable") },
    ],
    samples: [1, 2, 3, 4, 5, 6],
    timeDeltas: [500, 20, 10, 40, 25, 5],
  };
  await writeFile(file, JSON.stringify(profile));
  expect(await readCosts(file)).toEqual([
    { what: "hono", share: 0.5 },
    { what: "verify (src/webhooks/verify-message.ts)", share: 0.25 },
    { what: "parse", share: 0.2 },
    { what: "node:streams/readable", share: 0.05 },
  ]);
});
