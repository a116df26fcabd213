import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClerkClient } from "@clerk/backend";
import { expect, test, onTestFinished } from "vitest";

test("the command starts an emulator, prints its keys as variables and exits on SIGTERM", async () => {
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "--port", "0", "--secret-key", "sk_test_mine"], {
    env: { CLERK_WEBHOOK_SECRET: "whsec_bWluZQ==", CLERK_EMULATOR_SEED: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    const [name = "", ...value] = line.split("=");
    printed.set(name, value.join("="));
    if (name === "CLERK_JWT_KEY") break;
  }
  expect(Object.fromEntries(printed)).toMatchObject({
    CLERK_SECRET_KEY: "sk_test_mine",
    CLERK_WEBHOOK_SECRET: "whsec_bWluZQ==",
    CLERK_PUBLISHABLE_KEY: expect.stringMatching(/^pk_test_/),
    CLERK_JWT_KEY: expect.stringContaining("BEGIN PUBLIC KEY"),
  });
  const clerk = createClerkClient({ secretKey: "sk_test_mine", apiUrl: printed.get("CLERK_API_URL") ?? "" });
  expect(await clerk.users.getCount()).toBe(0);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
}, 20_000);
