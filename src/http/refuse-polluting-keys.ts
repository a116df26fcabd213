import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";
import { invalidInput } from "./create-api.ts";

/** Only a body with one of these can have a polluting key. */
const suspicious = /__proto__|prototype|\\u/;

/**
 * Answers 400 to JSON with a key that could reach into every object's prototype, were it ever copied carelessly. What is
 * no JSON is left to the route.
 */
export const refusePollutingKeys: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const text = c.req.raw.body === null ? "" : await c.req.text();
  const found = suspicious.test(text) ? findPollutingKey(text) : undefined;
  if (found !== undefined) throw invalidInput([{ path: [found], message: "Not a key" }]);
  await next();
};

function findPollutingKey(text: string): string | undefined {
  let found: string | undefined;
  try {
    JSON.parse(text, (key, value: unknown) => {
      const reachesPrototype =
        key === "constructor" &&
        typeof value === "object" &&
        value !== null &&
        "prototype" in value &&
        Object.hasOwn(value, "prototype");
      if (key === "__proto__" || reachesPrototype) found = key;
      return value;
    });
  } catch {
    return undefined;
  }
  return found;
}
