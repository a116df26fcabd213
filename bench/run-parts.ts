import type { BenchContext } from "./context.ts";
import type { Part } from "./options.ts";
import { benchAlone } from "./parts/alone.ts";
import { benchDrain } from "./parts/drain.ts";
import { benchLatency } from "./parts/latency.ts";
import { benchReceive } from "./parts/receive.ts";
import { benchSustained, sustainedByOurs } from "./parts/sustained.ts";
import type { Row } from "./report/rows.ts";
import { median } from "./report/statistics.ts";

/** Runs the selected parts one after the other and returns the lines of the report. `rate`: what our bridge sustains, if it is known. */
export async function runParts(context: BenchContext, only: readonly Part[], rate?: number): Promise<Row[]> {
  const rows: Row[] = [];
  let sustained = rate;
  if (only.includes("receive")) rows.push(...(await benchReceive(context)));
  if (only.includes("drain")) rows.push(...(await benchDrain(context)));
  if (only.includes("sustained")) {
    const found = await benchSustained(context);
    rows.push(...found.rows);
    sustained = median(found.rates);
  }
  if (only.includes("latency")) {
    rows.push(await benchAlone(context));
    rows.push(...(await benchLatency(context, sustained ?? (await sustainedByOurs(context)))));
  }
  return rows;
}
