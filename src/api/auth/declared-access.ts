import type { Hono, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";

const declared = Symbol("declares who may call");

/** Marks a middleware as one that says who may call its route. */
export const declareAccess = (middleware: MiddlewareHandler<ApiEnv>): MiddlewareHandler<ApiEnv> =>
  Object.assign(middleware, { [declared]: true });

/** Throws when a route below `/api` does not say who may call it: a forgotten line must not open a route to everybody. */
export function assertAccessDeclared(api: Hono<ApiEnv>): void {
  const routes = api.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"));
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  const guarded = new Set(routes.filter(({ handler }) => declared in handler).map(nameOf));
  const open = routes.map(nameOf).filter((name) => !guarded.has(name));
  if (open.length > 0) throw new Error(`These routes do not say who may call them: ${[...new Set(open)].join(", ")}`);
}
