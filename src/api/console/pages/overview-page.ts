import { html } from "hono/html";
import { type BridgeStatus, describeFindings, worstLatencyMs } from "../../../inspection/bridge-status.ts";
import { processHeadings, processRow } from "../../../inspection/process-table.ts";
import type { LastRun } from "../../../reconciliation/last-runs.ts";
import { formatDuration } from "../../../shared/format-duration.ts";
import { type Html, table, timeOf } from "../render-page.ts";

/** Whether Clerk answers, or why not, and its rate budget. */
export interface ClerkHealth {
  readonly state: true | string;
  readonly taken: number;
  readonly limit: number;
}

/** The figures, which the live stream replaces, and the charts, which it extends. */
export const overviewPage = (status: BridgeStatus, clerk: ClerkHealth): Html => html`
  <div id="live" data-live="/console/live">${overview(status, clerk)}</div>
  <p id="stream" role="status"></p>
  <h2>The last hour</h2>
  <div class="charts">
    ${chart("received committed", "Per second", "Webhooks received and events committed per second")}
    ${chart("p50Ms p99Ms", "Receipt to commit, ms", "Median and 99th percentile of the time from receipt to commit")}
    ${chart("waiting", "Waiting jobs", "Jobs that wait for a worker")}
  </div>
  <noscript><p>The figures and charts are live with JavaScript. Without it, reload the page.</p></noscript>
`;

const chart = (series: string, title: string, label: string) =>
  html`<figure>
    <figcaption>${title}</figcaption>
    <div class="chart" data-series="${series}" role="img" aria-label="${label} in the last hour"></div>
  </figure>`;

/** The part of the overview that is replaced as a whole. */
export function overview(status: BridgeStatus, clerk: ClerkHealth): Html {
  const { processes, shards, lastRuns, at, memoryShare } = status;
  const total = (of: (process: BridgeStatus["processes"][number]) => number) =>
    processes.reduce((sum, process) => sum + of(process), 0);
  const worst = (of: "p50" | "p99") => {
    const ms = worstLatencyMs(status, of);
    return ms === undefined ? "–" : formatDuration(ms);
  };
  const ownerless = shards.filter(({ owner }) => owner === undefined).length;
  return html`
    <dl class="tiles">
      ${tile(
        "Webhooks received",
        total(({ webhooks }) => webhooks.received),
      )}
      ${tile(
        "Events committed",
        total(({ events }) => events),
      )}
      ${tile("p50 / p99", `${worst("p50")} / ${worst("p99")}`)}
      ${tile("Waiting jobs", status.waiting, status.oldestAgeMs > 60_000)}
      ${tile("Oldest waits", status.waiting === 0 ? "–" : formatDuration(status.oldestAgeMs), status.oldestAgeMs > 60_000)}
      ${tile("Dead letters", status.deadLetters, status.deadLetters > 0)}
      ${tile("Shards without owner", ownerless, ownerless > 0)} ${tile("Users", status.users)}
    </dl>
    <h2>Health</h2>
    <ul class="health">
      ${health("Redis", true, memoryShare ? `${Math.round(memoryShare * 100)} % of its memory in use` : "")}
      ${health("Kafka", status.kafka)}
      ${health("Clerk", clerk.state, `${clerk.taken} of ${clerk.limit} requests in these ten seconds`)}
    </ul>
    <h2>Reconciliation</h2>
    <ul>
      <li>Recent changes: ${run(lastRuns.recent, at)}</li>
      <li>All users: ${run(lastRuns.full, at)}</li>
    </ul>
    ${
      processes.length === 0
        ? html`<p class="bad">No program of the bridge has reported in the last ten seconds.</p>`
        : table(
            "Processes",
            processHeadings,
            processes.map((process) => processRow(process, at)),
          )
    }
    <p class="dim">As of ${timeOf(at)} UTC</p>
  `;
}

const tile = (name: string, value: string | number, bad = false) =>
  html`<div ${bad ? html`class="bad"` : ""}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const health = (name: string, state: true | string, note = "") =>
  state === true
    ? html`<li class="good">${name} is available${note === "" ? "" : `: ${note}`}</li>`
    : html`<li class="bad">${name} is unavailable: ${state}</li>`;

function run(last: LastRun | undefined, at: number): Html {
  if (last === undefined) return html`none yet`;
  const withheld = last.withheld > 0 ? html` <strong class="bad">${last.withheld} deletions withheld</strong>` : "";
  return html`${formatDuration(Math.max(0, at - last.endedAt))} ago, ${last.compared} compared,
  ${describeFindings(last)}${withheld}`;
}

/** Owner, offsets and backlog of each shard. */
export const shardsPage = ({ shards, kafka, at }: BridgeStatus): Html => html`
  ${kafka === true ? "" : html`<p class="bad">Kafka is unavailable: ${kafka}. Offsets behind are unknown.</p>`}
  ${table(
    "Shards",
    ["Shard", "Owner", "Waiting", "Oldest", "Users", "Checkpoint", "Behind", "Last error"],
    shards.map(({ shard, owner, waiting, oldestAgeMs, users, checkpoint, behind, problem }) => [
      shard,
      owner ?? html`<strong class="bad">none</strong>`,
      waiting,
      waiting === 0 ? "–" : formatDuration(oldestAgeMs),
      users,
      checkpoint ?? html`<span class="bad">no complete ledger</span>`,
      behind ?? "–",
      problem === undefined ? "" : html`<span class="bad">${problem}</span>`,
    ]),
  )}
  <p class="dim">
    Checkpoint: the offset up to which the ledger has every state of the shard. Behind: the states that Kafka has beyond
    it. As of ${timeOf(at)} UTC
  </p>
`;
