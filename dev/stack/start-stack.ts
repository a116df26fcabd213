import { findGivenServers } from "./find-given-servers.ts";
import { removeStaleFolders } from "./folders.ts";
import { isDockerUsable, startDocker } from "./start-docker.ts";
import { startNative, type NativeServers } from "./start-native.ts";

export type Stack = NativeServers & {
  /** How the servers were started; "environment" if none had to be started. */
  readonly source: "environment" | "docker" | "native";
};

export type StackOptions = {
  /** Keeps the data in this folder, and uses the standard ports if they are free. Without it, all data is temporary. */
  dir?: string;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** Receives messages about long steps and unexpected settings. */
  log?: (line: string) => void;
};

/**
 * Provides a running Redis and Kafka: those in REDIS_URL and KAFKA_BROKERS, or else Docker containers, or else native
 * processes. `stop` stops only what this call started. Native processes always end with this process. Containers keep
 * running if it is killed.
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
