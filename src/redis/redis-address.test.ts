import { describe, expect, test } from "vitest";
import { type RedisAddress, redisAddressSchema } from "./redis-address.ts";

const addresses: readonly (readonly [text: string, address: RedisAddress])[] = [
  ["redis://127.0.0.1:6379", { kind: "single", url: "redis://127.0.0.1:6379" }],
  ["rediss://ada:pw@redis.example:6380/2", { kind: "single", url: "rediss://ada:pw@redis.example:6380/2" }],
  [
    "redis+cluster://a:7000,b:7001,c",
    {
      kind: "cluster",
      tls: false,
      nodes: [
        { host: "a", port: 7000 },
        { host: "b", port: 7001 },
        { host: "c", port: 6379 },
      ],
      login: {},
    },
  ],
  [
    "rediss+cluster://ada:p%2Fw%40%3A,d@[::1]:7000",
    {
      kind: "cluster",
      tls: true,
      nodes: [{ host: "::1", port: 7000 }],
      login: { username: "ada", password: "p/w@:,d" },
    },
  ],
  [
    "redis+cluster://:only:a:password@A.example:1, b.example:2",
    {
      kind: "cluster",
      tls: false,
      nodes: [
        { host: "A.example", port: 1 },
        { host: "b.example", port: 2 },
      ],
      login: { password: "only:a:password" },
    },
  ],
  [
    "redis+sentinel://s1,s2:26380/mymaster",
    {
      kind: "sentinel",
      tls: false,
      sentinels: [
        { host: "s1", port: 26379 },
        { host: "s2", port: 26380 },
      ],
      master: "mymaster",
      db: 0,
      login: {},
      sentinelLogin: {},
    },
  ],
  [
    "rediss+sentinel://ada:pw@s1/the%20master/3?sentinel-username=eve&sentinel-password=p%26w",
    {
      kind: "sentinel",
      tls: true,
      sentinels: [{ host: "s1", port: 26379 }],
      master: "the master",
      db: 3,
      login: { username: "ada", password: "pw" },
      sentinelLogin: { username: "eve", password: "p&w" },
    },
  ],
];

const secret = "tell-tale-7f3a";
const refused: readonly (readonly [text: string, why: RegExp])[] = [
  ["127.0.0.1:6379", /^must be redis:/],
  [`http://${secret}@127.0.0.1`, /^must be redis:/],
  [`redis+nothing://${secret}@a:1`, /^must be redis:/],
  [`redis://${secret}@a:1,b:2`, /^must be redis:/],
  [`redis+cluster://${secret}@`, /^every host/],
  [`redis+cluster://:${secret}@a:1,,b:2`, /^every host/],
  [`redis+cluster://:${secret}@a:port`, /^every host/],
  [`redis+cluster://:${secret}@a:65536`, /^every host/],
  [`redis+cluster://:${secret}@a:1/0`, /^a cluster has no databases/],
  [`redis+cluster://a:1?password=${secret}`, /^takes no parameters/],
  [`redis+cluster://:${secret}%zz@a:1`, /^not a URL/],
  [`redis+sentinel://:${secret}@a:1`, /^the master's name is missing/],
  [`redis+sentinel://:${secret}@a:1/m/x`, /^only the number of a database/],
  [`redis+sentinel://:${secret}@a:1/m/0/0`, /^only the number of a database/],
  [`redis+sentinel://a:1/m?sentinelPassword=${secret}`, /^takes no parameters but sentinel-username/],
];

describe("The address of Redis", () => {
  test.for(addresses)("is read from %s", ([text, address]) => {
    expect(redisAddressSchema.parse(text)).toEqual(address);
  });

  test.for(refused)("is not read from %s; why is said without it", ([text, why]) => {
    const messages = redisAddressSchema.safeParse(text).error?.issues.map(({ message }) => message) ?? [];
    expect(messages).toEqual([expect.stringMatching(why)]);
    expect(messages.join("")).not.toContain(secret);
  });
});
