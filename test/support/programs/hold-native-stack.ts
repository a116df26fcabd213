// A process to kill: starts native servers, prints their ports and folder as JSON, and then does nothing.
import { dirname } from "node:path";
import { startNative } from "../../../dev/stack/start-native.ts";

const { redis, kafka } = await startNative({}, { log: () => {} });
if (redis && kafka) {
  process.stdout.write(`${JSON.stringify({ ports: [redis.port, kafka.port], dir: dirname(redis.dir) })}\n`);
}
