/// <reference lib="esnext.disposable" />
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "clerk-emulator";
import { localFolder } from "../../dev/stack/folders.ts";
import type { Violation } from "../support/bridge/find-violations.ts";
import { writeHistory } from "./clerk/write-history.ts";
import { lanesOf } from "./faults/lanes.ts";
import { runLane } from "./faults/run-lane.ts";
import { judgeWhenEqual } from "./judge/judge-when-equal.ts";
import { keepChanging } from "./keep-changing.ts";
import { openEnvironment } from "./open-world.ts";
import type { ChaosOptions } from "./options.ts";
import { formatUserTimeline } from "./report/tell-user.ts";
import { settle } from "./settle.ts";

export interface ChaosReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** How often each kind of fault was injected. */
  readonly faults: ReadonlyMap<string, number>;
  readonly counts: Readonly<Record<string, number>>;
  /** The whole story of the violated user with the shortest one. */
  readonly story: string | undefined;
  /** Logs and data; gone when there is no violation. */
  readonly folder: string;
}

const duplicateProbability = 0.2;
const longestDelayMs = 2_000;
const reconciledWithinMs = 180_000;
const nobody = "";

/** Runs one system through one seed, and judges it. `tell` hears of each fault. Leaves no process behind. */
export async function runChaos(options: ChaosOptions, tell: (line: string) => void = () => {}): Promise<ChaosReport> {
  const { seed, minutes, loss, reconciles, busyUsers, changesPerSecond, longestHoldMs, longestRestMs, system } =
    options;
  const folder = join(localFolder, "chaos", `${system}-seed-${seed}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const report = await run();
  if (report.violations.length === 0) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return report;

  async function run(): Promise<ChaosReport> {
    await using world = await openEnvironment(options, folder);
    const { clerk } = world;
    const startedAt = Date.now();
    const random = (stream: string) => createRandom(seed, stream);
    clerk.webhooks.setFaults({ duplicateProbability, lossProbability: loss, delayMs: { min: 0, max: longestDelayMs } });
    const history = writeHistory(clerk.dashboard, random("history"), busyUsers);
    const faults = new Map<string, number>();
    const onFault = (kind: string, holdMs: number) => {
      faults.set(kind, (faults.get(kind) ?? 0) + 1);
      tell(`${secondsSince(startedAt)} s  ${kind} (${holdMs} ms)`);
    };
    const isTimeOver = () => Date.now() - startedAt > minutes * 60_000;
    let areLanesOver = false;
    const lanes = Object.entries(lanesOf(world, { wipes: reconciles }, random)).map(([lane, ofLane]) =>
      runLane({
        faults: ofLane,
        random: random(`lane ${lane}`),
        longestHoldMs,
        longestRestMs,
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
        sendsPoison: world.system.takesPoison,
        isOver: () => areLanesOver,
      }),
      Promise.all(lanes).finally(() => (areLanesOver = true)),
    ]);

    tell(`${secondsSince(startedAt)} s  nothing goes wrong any more; settling`);
    const overdue = await settle(world);
    const told = {
      users: clerk.dashboard.users(),
      everMade: history.users,
      messages: clerk.webhooks.messages(),
      poison,
      nothingLost: loss === 0 && !reconciles,
    };
    const judgement = await judgeWhenEqual(() => world.system.judge(told), reconciles ? reconciledWithinMs : 0);
    const unrest = [...overdue, ...world.crashes].map((what) => ({ userId: nobody, what }));
    const violations = [...unrest, ...judgement.violations];
    return {
      seed,
      violations,
      faults,
      counts: {
        "seconds until settled": secondsSince(startedAt),
        changes: history.changes,
        users: history.users.size,
        messages: told.messages.length,
        deliveries: told.messages.reduce((sum, { attempts }) => sum + attempts.length, 0),
        "messages lost": told.messages.filter(({ state }) => state === "lost").length,
        ...judgement.counts,
      },
      story: formatUserTimeline(violations, told, judgement.events),
      folder,
    };
  }
}

const secondsSince = (startedAt: number): number => Math.round((Date.now() - startedAt) / 1_000);
