// Starts native servers, prints their ports and folder as JSON, and waits to be killed.
import { dirname } from "node:path";
import { startNative } from "../../../dev/stack/start-native.ts";

const { redis, kafka } = await startNative({}, { log: () => {} });
if (redis && kafka) {
  process.stdout.write(`${JSON.stringify({ ports: [redis.port, kafka.port], dir: dirname(redis.dir) })}\n`);
}
