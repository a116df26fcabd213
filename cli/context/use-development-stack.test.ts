import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { useDevelopmentStack } from "./use-development-stack.ts";

beforeEach(() => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
});

async function writeEnvironment(pid: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-development-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "environment");
  await writeFile(file, `DEVELOPMENT_PID=${pid}\nREDIS_URL=redis://dev\nLOG_LEVEL=debug\n`);
  return file;
}

test("a command uses the servers of a running `npm run dev`, and keeps other variables of its own", async () => {
  const env = { LOG_LEVEL: "warn" };
  useDevelopmentStack(await writeEnvironment(process.pid), env);
  expect(env).toMatchObject({ REDIS_URL: "redis://dev", LOG_LEVEL: "warn" });
});

test.for(["REDIS_URL", "KAFKA_BROKERS", "CLERK_SECRET_KEY", "CLERK_API_URL"])(
  "a command whose environment has %s uses nothing of `npm run dev`",
  async (name) => {
    const env = { [name]: "given" };
    useDevelopmentStack(await writeEnvironment(process.pid), env);
    expect(env).toEqual({ [name]: "given" });
  },
);

test("a command uses nothing of a `npm run dev` that has ended or never ran", async () => {
  const env = {};
  useDevelopmentStack(await writeEnvironment(2 ** 22 + 1), env);
  useDevelopmentStack("/nowhere/environment", env);
  expect(env).toEqual({});
});
