import { bodyLimit } from "hono/body-limit";
import { ApiError } from "../../http/api-error.ts";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";
import { invalidInput } from "./create-router.ts";

const maxBodyBytes = 256 * 1_024;

/** Answers 413 to a larger body, as soon as that is known: by the length that was announced, otherwise while reading. */
export const limitBody = () =>
  bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new ApiError(413, "payload_too_large", "The body is larger than 256 KiB");
    },
  });

/** Only a body with one of these can have a polluting key. */
const suspicious = /__proto__|prototype|\\u/;

/**
 * Answers 400 to JSON with a key that could reach into every object's prototype, were it ever copied carelessly. What is
 * no JSON is left to the route.
 */
export const rejectPrototypePollution: MiddlewareHandler<ApiEnv> = async (c, next) => {
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

/**
 * A route's middleware, after `requires`, where `{}` is valid: a request without a JSON body would count as one with `{}`,
 * and answer 200 to somebody whose body was lost.
 */
export const requireJson: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/([a-z-.]+\+)?json\b/.test(type)) {
    throw invalidInput([{ path: [], message: "A JSON body (application/json) is required" }]);
  }
  await next();
};
