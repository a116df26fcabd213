import { execa } from "execa";
import { isKafkaInstalled } from "./install-kafka.ts";
import { chooseAptPackage, installWithApt, updateAptLists } from "./install-with-apt.ts";

type Prerequisite = {
  readonly name: string;
  /** The apt packages that contain it, best first. The first one that the system's release has is installed. */
  readonly apt: readonly [string, ...string[]];
  readonly brew: string;
  readonly isInstalled: () => Promise<boolean>;
};

const redisServer: Prerequisite = {
  name: "redis-server",
  apt: ["redis-server"],
  brew: "redis",
  isInstalled: () => isOnPath("redis-server"),
};

const java: Prerequisite = {
  name: "Java 17 or newer",
  apt: ["openjdk-21-jre-headless", "openjdk-17-jre-headless", "default-jre-headless"],
  brew: "temurin",
  isInstalled: async () => (await readJavaVersion()) >= 17,
};

const maven: Prerequisite = {
  name: "Maven",
  apt: ["maven"],
  brew: "maven",
  isInstalled: async () => isKafkaInstalled() || (await isOnPath("mvn")),
};

/**
 * Installs missing prerequisites of the native servers if this process is root and apt exists. Otherwise throws an error
 * that names the missing programs and the commands that install them.
 */
export async function installPrerequisites(
  servers: { redis: boolean; kafka: boolean },
  log: (line: string) => void,
): Promise<void> {
  const wanted = [...(servers.redis ? [redisServer] : []), ...(servers.kafka ? [java, maven] : [])];
  const installed = await Promise.all(wanted.map(({ isInstalled }) => isInstalled()));
  const missing = wanted.filter((_, index) => !installed[index]);
  if (missing.length === 0) return;

  const hasApt = await isOnPath("apt-get");
  const isRoot = process.getuid?.() === 0;
  if (hasApt && isRoot) {
    log(`Installing ${missing.map(({ name }) => name).join(", ")} with apt …`);
    await updateAptLists();
  }
  const packages = await Promise.all(missing.map(({ apt }) => chooseAptPackage(apt)));
  if (!hasApt || !isRoot) throw new MissingPrerequisitesError(missing, packages);
  await installWithApt(packages);
}

async function isOnPath(command: string): Promise<boolean> {
  const { failed } = await execa("sh", ["-c", `command -v ${command}`], { reject: false });
  return !failed;
}

/** The major version; 0 without a working Java. */
async function readJavaVersion(): Promise<number> {
  const { failed, all } = await execa("java", ["-version"], { reject: false, all: true });
  return failed ? 0 : Number(/version "(\d+)/.exec(all)?.[1] ?? 0);
}

class MissingPrerequisitesError extends Error {
  override name = "MissingPrerequisitesError";

  constructor(missing: readonly Prerequisite[], aptPackages: readonly string[]) {
    super(
      [
        `Without Docker, the local Redis and Kafka also need: ${missing.map(({ name }) => name).join(", ")}.`,
        `  Debian, Ubuntu:  sudo apt-get install ${aptPackages.join(" ")}`,
        `  macOS:           brew install ${missing.map(({ brew }) => brew).join(" ")}`,
        "Alternatively start Docker, or set REDIS_URL and KAFKA_BROKERS.",
      ].join("\n"),
    );
  }
}
