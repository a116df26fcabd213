import type { HttpBindings } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AccessPolicy } from "./access-policy.ts";
import type { Caller } from "./caller.ts";

/** What the API's middleware leaves for the handlers. */
export interface ApiEnv {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    /** The client's address, behind as many proxies as are configured. */
    ip: string;
    /** Nobody for the few routes that need no token. */
    caller: Caller | undefined;
    /** Set where a route lets a request without a token pass, and the request had none. */
    anonymous: boolean | undefined;
    /** By what `requires` and its siblings decide. */
    access: AccessPolicy;
  };
}

export type ApiApp = OpenAPIHono<ApiEnv>;
