import type { HttpBindings } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Caller } from "../auth/caller.ts";

/** What the API's middleware leaves for the handlers. */
export interface ApiEnv {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    /** The client's address, behind as many proxies as are configured. */
    ip: string;
    /** Nobody for the few routes that need no token. */
    caller: Caller | undefined;
  };
}

export type ApiApp = OpenAPIHono<ApiEnv>;
