import { expect, test } from "vitest";
import { formatReport } from "./report/format-report.ts";
import { runChaos } from "./run-chaos.ts";

// A short run of `npm run chaos`: each kind of fault at least once.
test("while everything goes wrong that may, each user's events are created, updated*, deleted, once, and end as Clerk says", async () => {
  const report = await runChaos({
    seed: 1,
    minutes: 0.5,
    loss: 0,
    reconciles: false,
    system: "bridge",
    busyUsers: 50,
    changesPerSecond: 30,
    maxHoldMs: 4_000,
    maxRestMs: 1_000,
  });
  expect(formatReport(report)).toContain("Violations: 0");
  expect(report.faults.size).toBeGreaterThan(30);
  expect(report.counts["events"]).toBeGreaterThan(200);
}, 300_000);
