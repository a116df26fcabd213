import { readFile } from "node:fs/promises";
import type { Env, Hono } from "hono";

/** Files by the name under which they are served. `url` is what `import.meta.resolve` returns. */
export type Assets = Readonly<Record<string, { readonly url: string; readonly type: string }>>;

/** Serves files of this project and of packages below `path`, for a browser that may keep them for `maxAgeSeconds`. */
export function serveAssets<E extends Env>(app: Hono<E>, path: string, assets: Assets, maxAgeSeconds: number): void {
  for (const [name, { url, type }] of Object.entries(assets)) {
    app.get(`${path}/${name}`, async (c) =>
      c.body(await readFile(new URL(url), "utf8"), 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": `public, max-age=${maxAgeSeconds}`,
      }),
    );
  }
}
