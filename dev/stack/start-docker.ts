import { execa } from "execa";
import { findFreePort } from "./free-port.ts";
import { repositoryFolder } from "./folders.ts";

export type DockerServers = {
  readonly redisUrl: string;
  readonly kafkaBrokers: string[];
  readonly stop: () => Promise<void>;
};

export type DockerOptions = {
  servers: { redis: boolean; kafka: boolean };
  /** Keeps the data for the next start, and uses the standard ports if they are free. Otherwise nothing is kept. */
  keepData: boolean;
};

/** Whether a Docker engine answers and `docker compose` is installed. */
export async function isDockerUsable(): Promise<boolean> {
  const checks = [["info"], ["compose", "version"]];
  const results = await Promise.all(checks.map((check) => execa("docker", check, { reject: false, timeout: 5000 })));
  return results.every(({ failed }) => !failed);
}

/** Starts Redis and Kafka, or one of them, from docker-compose.yml. Resolves when they are healthy. */
export async function startDocker({ servers, keepData }: DockerOptions): Promise<DockerServers> {
  const redisPort = await findFreePort(keepData ? [6379] : []);
  const kafkaPort = await findFreePort(keepData ? [9092] : []);
  // A separate project, so that the containers of a manual `docker compose up` stay untouched.
  const project = `clerk-kafka-bridge-${keepData ? "dev" : `test-${process.pid}-${kafkaPort}`}`;
  const compose = (...args: string[]) =>
    execa("docker", ["compose", "--project-name", project, ...args], {
      cwd: repositoryFolder,
      env: { REDIS_PORT: `${redisPort}`, KAFKA_PORT: `${kafkaPort}` },
    });
  const stop = async () => {
    await compose("down", ...(keepData ? [] : ["--volumes"]));
  };
  const names = [...(servers.redis ? ["redis"] : []), ...(servers.kafka ? ["kafka"] : [])];

  try {
    await compose("up", "--detach", "--wait", ...names);
  } catch (error) {
    await stop().catch(() => {}); // The first error is more useful.
    throw error;
  }
  return { redisUrl: `redis://127.0.0.1:${redisPort}`, kafkaBrokers: [`127.0.0.1:${kafkaPort}`], stop };
}
