import { findGivenServers } from "./find-given-servers.ts";
import { removeStaleFolders } from "./folders.ts";
import { isDockerUsable, startDocker } from "./start-docker.ts";
import { startNative, type NativeServers } from "./start-native.ts";

export type Stack = NativeServers & {
  /** Where what was started came from; "environment" if nothing had to be started. */
  readonly source: "environment" | "docker" | "native";
};

export type StackOptions = {
  /** Keeps the data, and the usual ports where they are free. Without it everything is new, and gone at the end. */
  dir?: string;
  /** Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** EnvelopeTimes what takes long or is not as expected. */
  log?: (line: string) => void;
};

/**
 * Provides a Redis and a Kafka that answer: those that REDIS_URL and KAFKA_BROKERS name, or else Docker's, or else native
 * processes. `stop` ends what this call started and nothing else. Native processes end with this one in any case;
 * containers stay if it is killed.
 */
export async function startStack({ dir, env = process.env, log = () => {} }: StackOptions = {}): Promise<Stack> {
  await removeStaleFolders();
  const given = await findGivenServers(env, log);
  const { redisUrl, kafkaBrokers } = given;
  if (redisUrl && kafkaBrokers) return { redisUrl, kafkaBrokers, source: "environment", stop: async () => {} };

  if (await isDockerUsable()) {
    log("Starting Redis and Kafka with Docker …");
    const servers = { redis: !redisUrl, kafka: !kafkaBrokers };
    return { ...(await startDocker({ servers, keepData: dir !== undefined })), ...given, source: "docker" };
  }
  return { ...(await startNative(given, { dir, log })), source: "native" };
}
