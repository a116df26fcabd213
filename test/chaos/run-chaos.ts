/// <reference lib="esnext.disposable" />
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "clerk-emulator";
import { localFolder } from "../../dev/stack/folders.ts";
import type { Violation } from "../support/bridge/find-violations.ts";
import { writeHistory } from "./clerk/write-history.ts";
import { lanesOf } from "./faults/lanes.ts";
import { runLane } from "./faults/run-lane.ts";
import { checkUntilConsistent } from "./invariants/check-result.ts";
import { keepChanging } from "./keep-changing.ts";
import { openEnvironment } from "./open-environment.ts";
import type { ChaosOptions } from "./options.ts";
import { formatUserTimeline } from "./report/format-user-timeline.ts";
import { settle } from "./settle.ts";

export interface ChaosReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** How often each kind of fault was injected. */
  readonly faults: ReadonlyMap<string, number>;
  readonly counts: Readonly<Record<string, number>>;
  /** Timeline of the violated user with the fewest messages. */
  readonly story: string | undefined;
  /** Logs and data; deleted when there is no violation. */
  readonly folder: string;
}

const duplicateProbability = 0.2;
const maxDelayMs = 2_000;
const reconciledWithinMs = 180_000;
/** An owner checks its ledger every 5 s, and then rebuilds it. */
const rebuiltWithinMs = 30_000;
const noUser = "";

/** Runs one system with one seed and checks it. `onProgress` gets a line for each fault. No process outlives the run. */
export async function runChaos(
  options: ChaosOptions,
  onProgress: (line: string) => void = () => {},
): Promise<ChaosReport> {
  const { seed, minutes, loss, reconciles, busyUsers, changesPerSecond, maxHoldMs, maxRestMs, system } = options;
  const folder = join(localFolder, "chaos", `${system}-seed-${seed}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const report = await run();
  if (report.violations.length === 0) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return report;

  async function run(): Promise<ChaosReport> {
    await using environment = await openEnvironment(options, folder);
    const { clerk } = environment;
    const startedAt = Date.now();
    const random = (stream: string) => createRandom(seed, stream);
    clerk.webhooks.setFaults({ duplicateProbability, lossProbability: loss, delayMs: { min: 0, max: maxDelayMs } });
    const history = writeHistory(clerk.dashboard, random("history"), busyUsers);
    const faults = new Map<string, number>();
    const onFault = (kind: string, holdMs: number) => {
      faults.set(kind, (faults.get(kind) ?? 0) + 1);
      onProgress(`${secondsSince(startedAt)} s  ${kind} (${holdMs} ms)`);
    };
    const isTimeOver = () => Date.now() - startedAt > minutes * 60_000;
    let areLanesOver = false;
    const lanes = Object.entries(lanesOf(environment, { reconciles }, random)).map(([lane, ofLane]) =>
      runLane({
        faults: ofLane,
        random: random(`lane ${lane}`),
        maxHoldMs,
        maxRestMs,
        isOver: isTimeOver,
        onFault,
      }),
    );
    const [poison] = await Promise.all([
      keepChanging({
        clerk,
        history,
        random: random("pace"),
        changesPerSecond,
        sendsPoison: environment.system.takesPoison,
        isOver: () => areLanesOver,
      }),
      Promise.all(lanes).finally(() => (areLanesOver = true)),
    ]);

    onProgress(`${secondsSince(startedAt)} s  faults are over; settling`);
    const overdue = await settle(environment);
    const clerkHistory = {
      users: clerk.dashboard.users(),
      everMade: history.users,
      messages: clerk.webhooks.messages(),
      poison,
      nothingLost: loss === 0 && !reconciles,
    };
    const result = await checkUntilConsistent(
      () => environment.system.checkInvariants(clerkHistory),
      reconciles ? reconciledWithinMs : rebuiltWithinMs,
    );
    const unrest = [...overdue, ...environment.crashes].map((what) => ({ userId: noUser, what }));
    const violations = [...unrest, ...result.violations];
    return {
      seed,
      violations,
      faults,
      counts: {
        "seconds until settled": secondsSince(startedAt),
        changes: history.changes,
        users: history.users.size,
        messages: clerkHistory.messages.length,
        deliveries: clerkHistory.messages.reduce((sum, { attempts }) => sum + attempts.length, 0),
        "messages lost": clerkHistory.messages.filter(({ state }) => state === "lost").length,
        ...result.counts,
      },
      story: formatUserTimeline(violations, clerkHistory, result.events),
      folder,
    };
  }
}

const secondsSince = (startedAt: number): number => Math.round((Date.now() - startedAt) / 1_000);
