import { redisKeys } from "../../src/redis/key-descriptions.ts";

/** All Redis keys as a table for `docs/redis.md`. */
export function renderRedisKeys(): string {
  const rows = redisKeys.map(
    ({ pattern, type, holds, ifLost }) => `| \`${pattern}\` | ${type} | ${holds} | ${ifLost} |`,
  );
  return `| key | type | holds | if it is lost |\n| --- | --- | --- | --- |\n${rows.join("\n")}`;
}
