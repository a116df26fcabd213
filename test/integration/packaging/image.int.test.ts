import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, matchesGlob, relative } from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const root = join(import.meta.dirname, "../../..");
const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
const dockerignore = (await readFile(join(root, ".dockerignore"), "utf8"))
  .split("\n")
  .filter((line) => /^[^#]/.test(line));

/** Whether the build context contains a file: the last matching pattern of .dockerignore decides. */
function isInContext(path: string): boolean {
  const parents = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
  let included = true;
  for (const line of dockerignore) {
    const pattern = line.replace(/^!/, "");
    if (parents.some((parent) => matchesGlob(parent, pattern))) included = line.startsWith("!");
  }
  return included;
}

/** Fills a folder with the files of the image and the packages that the Dockerfile installs. */
async function buildImage(folder: string): Promise<void> {
  const copies = [...dockerfile.matchAll(/^COPY (?<paths>.+) \S+$/gm)].flatMap(
    ({ groups }) => groups?.["paths"]?.split(" ") ?? [],
  );
  for (const path of copies) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path), {
      recursive: true,
      filter: (source) => isInContext(relative(root, source)),
    });
  }
  const install = /^RUN (?<command>npm ci[^&]*)/m.exec(dockerfile)?.groups?.["command"];
  if (install === undefined) throw new Error("The Dockerfile installs no packages");
  await execa(install, { cwd: folder, shell: true });
}

describe("the image", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clerk-kafka-bridge-image-"));
    await buildImage(folder);
  }, 180_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const environment = (variables: Record<string, string>) => ({
    cwd: folder,
    env: {
      REDIS_URL: inject("redisUrl"),
      REDIS_PREFIX: `image-${process.pid}`,
      KAFKA_BROKERS: inject("kafkaBrokers").join(","),
      KAFKA_EVENTS_TOPIC: `image-${process.pid}.events`,
      KAFKA_STATE_TOPIC: `image-${process.pid}.state`,
      KAFKA_AUDIT_TOPIC: `image-${process.pid}.audit`,
      KAFKA_GROUP_ID: `image-${process.pid}`,
      KAFKA_TRANSACTIONAL_ID_PREFIX: `image-${process.pid}`,
      SHARDS: "1",
      HOST: "127.0.0.1",
      CLERK_SECRET_KEY: "sk_test_image",
      CLERK_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ...variables,
    },
  });

  /** Starts a program as the image does, waits until it is ready and stops it. Resolves with its exit code. */
  async function runUntilReady(file: string, port: number, portVariable: string): Promise<number | undefined> {
    const child = execa(process.execPath, [file], { ...environment({ [portVariable]: String(port) }), reject: false });
    onTestFinished(async () => {
      child.kill("SIGTERM");
      await child;
    });
    await waitFor(
      `${file} is ready`,
      () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      {
        deadlineMs: 40_000,
      },
    );
    child.kill("SIGTERM");
    return (await child).exitCode;
  }

  test("runs the worker", async () => {
    expect(await runUntilReady("workers/main.ts", await getPort(), "WORKER_PORT")).toBe(0);
  });

  test("runs the API", async () => {
    expect(await runUntilReady("src/api/main.ts", await getPort(), "PORT")).toBe(0);
  });

  test("runs the command-line tool", async () => {
    const { stdout } = await execa(process.execPath, ["cli/main.ts", "--help"], environment({}));
    expect(stdout).toContain("doctor");
  });

  test("runs as a numeric user other than root", () => {
    expect(/^USER (?<user>.+)$/m.exec(dockerfile)?.groups?.["user"]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test("contains no tests", async () => {
    const { stdout } = await execa("find", [folder, "-name", "*.test.ts", "-not", "-path", "*/node_modules/*"]);
    expect(stdout).toBe("");
  });
});
