import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ApiError } from "../../http/api-error.ts";
import type { ApiEnv } from "./api-env.ts";
import { invalidInput } from "./create-router.ts";

const maxBodyBytes = 256 * 1_024;

/** Answers 413 to a larger body: at once when its announced length is too large, otherwise while reading. */
export const limitBody = () =>
  bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new ApiError(413, "payload_too_large", "The body is larger than 256 KiB");
    },
  });

/** A body without any of these cannot contain a polluting key. */
const suspicious = /__proto__|prototype|\\u/;

/**
 * Answers 400 to JSON with a key that could change every object's prototype if it were copied carelessly. A body that is
 * not JSON is left to the route.
 */
export const rejectPrototypePollution: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const text = c.req.raw.body === null ? "" : await c.req.text();
  const found = suspicious.test(text) ? findPollutingKey(text) : undefined;
  if (found !== undefined) throw invalidInput([{ path: [found], message: "Not allowed as a key" }]);
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
 * Route middleware, after `requires`, for routes that accept `{}`. Without it a request whose body was lost would count as
 * `{}` and be answered with 200.
 */
export const requireJson: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/([a-z-.]+\+)?json\b/.test(type)) {
    throw new ApiError(415, "unsupported_media_type", "A JSON body (application/json) is required");
  }
  await next();
};
