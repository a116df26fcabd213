import type { Env, Hono } from "hono";
import { ApiError } from "../../http/api-error.ts";

/** Answers 405 with `Allow` where a path has routes, but none for the method. To be called after all routes. */
export function methodNotAllowed<E extends Env>(app: Hono<E>): void {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
  for (const [path, methods] of Map.groupBy(routes, ({ path: route }) => route)) {
    const allowed = new Set(methods.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])));
    const allow = [...allowed].join(", ");
    app.all(path, () => {
      throw new ApiError(405, "method_not_allowed", "Method not allowed", { headers: { allow } });
    });
  }
}
