import { createMiddleware } from "hono/factory";
import { authorizationHeaderInvalid, secretKeyInvalid } from "../errors/refusals.ts";

/** Lets only requests pass that carry the instance's secret key. */
export function authenticate(secretKey: string) {
  return createMiddleware(async function authenticated(context, next) {
    const header = context.req.header("authorization");
    const presented = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
    if (presented === undefined) throw header === undefined ? secretKeyInvalid() : authorizationHeaderInvalid();
    if (presented !== secretKey) throw secretKeyInvalid();
    await next();
  });
}
