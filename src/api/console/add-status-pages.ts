import { streamSSE } from "hono/streaming";
import { setTimeout as delay } from "node:timers/promises";
import { countUsers } from "../../clerk/users/list-users.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ConsoleApp } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { type ClerkHealth, overview, overviewPage, shardsPage } from "./pages/overview-page.ts";
import { renderPage } from "./render-page.ts";

const liveIntervalMs = 2_000;
const clerkCheckMs = 30_000;

/** The overview with its live stream, and the shards. */
export function addStatusPages(app: ConsoleApp, { history, clerk, now, signal }: ConsoleContext): void {
  const clerkState = createClerkCheck(clerk, now);
  app.get("/console", async (c) =>
    renderPage(c, {
      title: "Overview",
      current: "/console",
      body: overviewPage(await history.latest(), await clerkState()),
    }),
  );
  app.get("/console/shards", async (c) =>
    renderPage(c, { title: "Shards", current: "/console/shards", body: shardsPage(await history.latest()) }),
  );
  // Each connection first gets everything, so that a dropped stream is whole again as soon as the browser reconnects.
  app.get("/console/live", (c) =>
    streamSSE(c, async (stream) => {
      while (!stream.aborted && !signal.aborted) {
        await stream.writeSSE({ event: "samples", data: JSON.stringify(history.samples()) });
        try {
          const content = await overview(await history.latest(), await clerkState());
          await stream.writeSSE({ event: "html", data: content.toString().replaceAll("\n", " ") });
        } catch (error) {
          await stream.writeSSE({ event: "failed", data: messageOf(error) });
        }
        await delay(liveIntervalMs, undefined, { signal, ref: false }).catch(() => {});
      }
    }),
  );
}

/** Asks Clerk at most twice a minute, and only while an operator looks. The budget is read each time. */
function createClerkCheck(clerk: ConsoleContext["clerk"], now: () => number): () => Promise<ClerkHealth> {
  let checked: Promise<true | string> | undefined;
  let checkedAt = 0;
  return async () => {
    if (checked === undefined || now() - checkedAt > clerkCheckMs) {
      checkedAt = now();
      checked = countUsers(clerk, {}).then(
        () => true as const,
        (error: unknown) => messageOf(error),
      );
    }
    return { state: await checked, ...(await clerk.budget()) };
  };
}
