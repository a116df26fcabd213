import { z } from "zod";

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** The address of Redis, with the login. */
export type RedisAddress =
  /** A URL that ioredis accepts. */
  | { readonly kind: "single"; readonly url: string }
  /** Some nodes of a cluster, which know the others. */
  | { readonly kind: "cluster"; readonly tls: boolean; readonly nodes: readonly HostAndPort[]; readonly login: Login }
  /** Sentinels, which know the master of that name. */
  | {
      readonly kind: "sentinel";
      readonly tls: boolean;
      readonly sentinels: readonly HostAndPort[];
      readonly master: string;
      readonly db: number;
      readonly login: Login;
      readonly sentinelLogin: Login;
    };

const ports = { cluster: 6_379, sentinel: 26_379 };
/** `new URL` accepts no list of hosts. A password may contain anything but "/", "?" and "#", which are written as %2F, %3F, %23. */
const severalHosts =
  /^redis(?<tls>s)?\+(?<kind>cluster|sentinel):\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^@/?#]*)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const singleSchema = z.url({ protocol: /^rediss?$/ });

/**
 * Reads the value of REDIS_URL:
 *
 *     redis://[user:password@]host[:port][/db]                                    rediss:// with TLS
 *     redis+cluster://[user:password@]host[:port],host[:port]                     rediss+cluster://
 *     redis+sentinel://[user:password@]host[:port],host[:port]/<master>[/db]      rediss+sentinel://
 *                      [?sentinel-username=…&sentinel-password=…]
 *
 * An issue says what is wrong and never contains the value, which may include a password.
 */
export const redisAddressSchema = z.string().transform((text, context): RedisAddress => {
  try {
    return parseRedisAddress(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof InvalidAddress ? error.message : "not a URL" });
    return z.NEVER;
  }
});

class InvalidAddress extends Error {
  override readonly name = "InvalidAddress";
}

function parseRedisAddress(text: string): RedisAddress {
  const parts = severalHosts.exec(text.trim())?.groups;
  if (parts === undefined) {
    const single = singleSchema.safeParse(text);
    if (single.success) return { kind: "single", url: single.data };
    throw new InvalidAddress(
      "must be redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/<master>, or with rediss instead of redis",
    );
  }
  const kind = parts["kind"] === "cluster" ? "cluster" : "sentinel";
  const tls = parts["tls"] !== undefined;
  const hosts = (parts["hosts"] ?? "").split(",").map((host) => hostAndPortOf(host, ports[kind]));
  const login = loginOf(parts["login"] ?? "");
  const path = (parts["path"] ?? "").split("/").filter((part) => part !== "");
  const query = new URLSearchParams(parts["query"] ?? "");
  if (kind === "cluster") {
    if (path.length > 0) throw new InvalidAddress("a cluster has no databases: nothing may follow its hosts");
    assertNoOther(query, []);
    return { kind, tls, nodes: hosts, login };
  }
  const [master, db = "0", ...rest] = path.map(decodeURIComponent);
  if (master === undefined) throw new InvalidAddress("the master's name is missing: redis+sentinel://hosts/<master>");
  if (!/^\d+$/.test(db) || rest.length > 0) {
    throw new InvalidAddress("only the number of a database may follow the master's name");
  }
  assertNoOther(query, ["sentinel-username", "sentinel-password"]);
  const sentinelLogin = present(query.get("sentinel-username") ?? "", query.get("sentinel-password") ?? "");
  return { kind, tls, sentinels: hosts, master, db: Number(db), login, sentinelLogin };
}

function hostAndPortOf(text: string, defaultPort: number): HostAndPort {
  const url = URL.parse(`redis://${text.trim()}`);
  if (url === null || url.hostname === "" || url.host !== text.trim()) {
    throw new InvalidAddress("every host must be host:port, comma-separated");
  }
  // Only a URL has brackets around an IPv6 address.
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? defaultPort : Number(url.port) };
}

function loginOf(text: string): Login {
  const colon = text.indexOf(":");
  if (colon === -1) return present(decodeURIComponent(text), "");
  return present(decodeURIComponent(text.slice(0, colon)), decodeURIComponent(text.slice(colon + 1)));
}

const present = (username: string, password: string): Login => ({
  ...(username !== "" && { username }),
  ...(password !== "" && { password }),
});

function assertNoOther(query: URLSearchParams, known: readonly string[]): void {
  if ([...query.keys()].some((name) => !known.includes(name))) {
    throw new InvalidAddress(
      known.length === 0 ? "takes no parameters" : `takes no parameters but ${known.join(", ")}`,
    );
  }
}

export const REDIS_ENVIRONMENT = {
  REDIS_URL: redisAddressSchema
    .prefault("redis://127.0.0.1:6379")
    .describe(
      "Redis 6.2 or newer: redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/<master>; rediss for TLS",
    ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w-]+$/)
    .default("clerk-kafka-bridge")
    .describe("Prefix of every key in Redis"),
};

export const toRedisConfig = (env: z.infer<z.ZodObject<typeof REDIS_ENVIRONMENT>>) => ({
  address: env.REDIS_URL,
  prefix: env.REDIS_PREFIX,
});
