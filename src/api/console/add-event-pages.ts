import { streamSSE } from "hono/streaming";
import { kafkaReason } from "../../kafka/client/explain-error.ts";
import type { SeenEvent } from "../../inspection/inspect-user.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import type { ConsoleApp } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { type EventFilter, eventFilterSchema, eventRow, eventsOf, eventsPage, maxShown } from "./pages/events-page.ts";
import { renderPage } from "./render-page.ts";

const readTimeoutMs = 10_000;
/** Each live tail is a consumer of Kafka's. */
const maxTails = 10;

/** The newest events, and their live tail. */
export function addEventPages(app: ConsoleApp, context: ConsoleContext): void {
  let tails = 0;
  app.get("/console/events", async (c) => {
    const filter = eventFilterSchema.parse(c.req.query());
    const events = await readNewest(context, filter).catch((error: unknown) => kafkaReason(error));
    return renderPage(c, { title: "Events", current: "/console/events", body: eventsPage(events, filter) });
  });
  app.get("/console/events/live", (c) => {
    const filter = eventFilterSchema.parse(c.req.query());
    if (tails >= maxTails) return c.text("Too many live tails", 503, { "retry-after": "30" });
    tails += 1;
    return streamSSE(c, async (stream) => {
      const closed = new AbortController();
      stream.onAbort(() => closed.abort());
      try {
        await stream.writeSSE({ event: "open", data: "" });
        await context.user.follow({
          topic: context.user.eventsTopic,
          from: "now",
          until: "stopped",
          signal: AbortSignal.any([closed.signal, context.signal]),
          onRecords: async (records) => {
            for (const event of eventsOf(records, filter)) {
              const row = await eventRow(event);
              await stream.writeSSE({ event: "row", data: row.toString().replaceAll("\n", " ") });
            }
          },
        });
      } catch (error) {
        if (!closed.signal.aborted && !context.signal.aborted)
          await stream.writeSSE({ event: "failed", data: kafkaReason(error) });
      } finally {
        tails -= 1;
      }
    });
  });
}

async function readNewest({ user, signal, status }: ConsoleContext, filter: EventFilter): Promise<SeenEvent[]> {
  const events: SeenEvent[] = [];
  // Of a filtered list, the newest events may lie further back.
  const share = BigInt(Math.ceil((maxShown * (filter.type === "" && filter.origin === "" ? 2 : 20)) / status.shards));
  const read = user.follow({
    topic: user.eventsTopic,
    from: { back: share },
    until: "now",
    signal: AbortSignal.any([signal, AbortSignal.timeout(readTimeoutMs)]),
    onRecords: async (records) => void events.push(...eventsOf(records, filter)),
  });
  await withTimeout(readTimeoutMs, read, () => new Error("no answer in time"));
  return events.toSorted((a, b) => b.storedAt - a.storedAt).slice(0, maxShown);
}
