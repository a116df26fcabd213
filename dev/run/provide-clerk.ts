import { randomInt } from "node:crypto";
import { startClerkEmulator } from "clerk-emulator";
import { choosePort } from "./choose-port.ts";

export type DevelopmentClerk = {
  /** Describes in one line which Clerk is used. */
  readonly description: string;
  /** A shell command that creates a user. */
  readonly curl: string;
  /** The variables that the API and the worker need for it. */
  readonly env: NodeJS.ProcessEnv;
  readonly stop: () => Promise<void>;
};

/** The Clerk instance of CLERK_SECRET_KEY or, without a key, an emulator that sends its webhooks to `apiPort`. */
export async function provideClerk(
  env: NodeJS.ProcessEnv,
  apiPort: number,
  log: (line: string) => void,
): Promise<DevelopmentClerk> {
  const secretKey = env["CLERK_SECRET_KEY"];
  return secretKey ? useRealClerk(env, apiPort) : emulateClerk(apiPort, log);
}

function useRealClerk(env: NodeJS.ProcessEnv, apiPort: number): DevelopmentClerk {
  if (!env["CLERK_WEBHOOK_SECRET"] && !env["CLERK_WEBHOOK_SIGNING_SECRET"]) {
    throw new Error(
      "CLERK_SECRET_KEY is set but CLERK_WEBHOOK_SECRET is not. Copy it from the webhook's page in Clerk's dashboard.\n" +
        "To use an emulator instead of Clerk, set neither.",
    );
  }
  const url = env["CLERK_API_URL"] || "https://api.clerk.com";
  return {
    description: `${url}  (CLERK_SECRET_KEY; its webhook must reach http://127.0.0.1:${apiPort}/webhooks/clerk)`,
    curl: writeCurl(url, "$CLERK_SECRET_KEY"),
    env: {},
    stop: async () => {},
  };
}

async function emulateClerk(apiPort: number, log: (line: string) => void): Promise<DevelopmentClerk> {
  const emulator = await startClerkEmulator({
    port: await choosePort("the Clerk emulator", 3900, log),
    // The emulator starts without users, and Kafka still has those of the last run, so the ids must differ.
    seed: randomInt(2 ** 31),
    // The bridge remembers the instance, and reconciles with no other.
    instanceId: "ins_2DevelopmentInstanceOfBridge",
    webhook: { url: `http://127.0.0.1:${apiPort}/webhooks/clerk` },
  });
  return {
    description: `${emulator.url}  (emulator, because CLERK_SECRET_KEY is not set)`,
    curl: writeCurl(emulator.url, emulator.secretKey),
    env: {
      CLERK_API_URL: emulator.url,
      CLERK_SECRET_KEY: emulator.secretKey,
      CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
      CLERK_JWT_KEY: emulator.jwtKey,
    },
    stop: () => emulator.stop(),
  };
}

function writeCurl(url: string, secretKey: string): string {
  // $RANDOM is outside the quotes, so that each run of the command uses another address.
  const user = `'{"email_address":["ada'$RANDOM'@example.com"],"first_name":"Ada","last_name":"Lovelace"}'`;
  return [
    `curl -X POST ${url}/v1/users \\`,
    `  -H "Authorization: Bearer ${secretKey}" -H "Content-Type: application/json" \\`,
    `  -d ${user}`,
  ].join("\n");
}

/**
 * Throws when an emulated Clerk would put its users into servers that the environment names: they may be real ones. `isAsked`: the developer
 * wants just that.
 */
export function assertNotMixed(env: NodeJS.ProcessEnv, isAsked: boolean): void {
  const given = ["REDIS_URL", "KAFKA_BROKERS"].filter((name) => env[name]);
  if (env["CLERK_SECRET_KEY"] || given.length === 0 || isAsked) return;
  throw new Error(
    `${given.join(" and ")} ${given.length === 1 ? "is" : "are"} set and CLERK_SECRET_KEY is not: the users of the Clerk emulator would get into these servers.\n` +
      `Unset ${given.join(" and ")}, set CLERK_SECRET_KEY, or run \`npm run dev -- --emulator\` to do it nevertheless.`,
  );
}
