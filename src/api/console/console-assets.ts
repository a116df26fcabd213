import { readFile } from "node:fs/promises";
import type { ConsoleApp } from "./console-access.ts";

const assets = {
  "console.css": { url: import.meta.resolve("./assets/console.css"), type: "text/css" },
  "console.js": { url: import.meta.resolve("./assets/console.js"), type: "text/javascript" },
  "icon.svg": { url: import.meta.resolve("./assets/icon.svg"), type: "image/svg+xml" },
  "uplot.css": { url: import.meta.resolve("uplot/dist/uPlot.min.css"), type: "text/css" },
  "uplot.js": { url: import.meta.resolve("uplot/dist/uPlot.iife.min.js"), type: "text/javascript" },
};

/** The styles and scripts of the console. They need no session, and come from this server alone. */
export function addConsoleAssets(app: ConsoleApp): void {
  for (const [name, { url, type }] of Object.entries(assets)) {
    app.get(`/console/assets/${name}`, async (c) =>
      c.body(await readFile(new URL(url), "utf8"), 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": "public, max-age=300",
      }),
    );
  }
}
