import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setInterval as every } from "node:timers/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { password, type SecureKafka, startSecureKafka, username } from "../../support/kafka/start-secure-kafka.ts";
import { startTokenEndpoint, type TokenEndpoint } from "../../support/kafka/start-token-endpoint.ts";

const reauthenticateMs = 15_000;
let kafka: SecureKafka;
let tokens: TokenEndpoint;
let folder: string;
beforeAll(async () => {
  kafka = await startSecureKafka({ reauthenticateMs });
  tokens = await startTokenEndpoint({ lifetimeSeconds: 15 });
  folder = await mkdtemp(join(tmpdir(), "bridge-kafka-security-"));
});
afterAll(async () => {
  await Promise.all([kafka[Symbol.asyncDispose](), tokens[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

/** Of the bridge's variables, with the server's address. */
interface Access {
  readonly brokers: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const open = ({ brokers, variables }: Access) => openBridge({ kafkaBrokers: brokers, variables });
const login = { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password };
const tls = () => ({ KAFKA_SSL: "true", KAFKA_SSL_CA: kafka.certificates.authority.cert });
const plain = (): Access => ({ brokers: kafka.saslBrokers, variables: { ...login, KAFKA_SASL_MECHANISM: "PLAIN" } });
const scram = (mechanism: string): Access => ({
  brokers: kafka.saslTlsBrokers,
  variables: { ...tls(), ...login, KAFKA_SASL_MECHANISM: mechanism },
});
const clientCredentials = (): Access => ({
  brokers: kafka.saslTlsBrokers,
  variables: {
    ...tls(),
    KAFKA_SASL_MECHANISM: "OAUTHBEARER",
    KAFKA_OAUTH_TOKEN_URL: tokens.url,
    KAFKA_OAUTH_CLIENT_ID: tokens.clientId,
    KAFKA_OAUTH_CLIENT_SECRET: tokens.clientSecret,
    KAFKA_OAUTH_SCOPE: "kafka",
  },
});
describe.concurrent("while events flow for longer than a session, which Kafka ends after 15 s, no shard stops", () => {
  test.for([
    { name: "SASL PLAIN", access: plain },
    { name: "SCRAM-SHA-512 with TLS", access: () => scram("scram-sha-512") },
    { name: "OAUTHBEARER with client credentials", access: clientCredentials },
  ])("$name", async ({ access }) => {
    await using bridge = await open(access());
    const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    const history = makeHistory({ users: 40, seed: 11 });
    const messages = messagesOf(history);
    const remaining = messages.values();
    for await (const next of every((1.5 * reauthenticateMs) / messages.length, remaining)) {
      const { value: message } = next.next();
      if (message === undefined) break;
      expect(await send(api.url, message)).toMatchObject({ status: 204 });
    }
    await bridge.waitUntilIdle();
    expect(await worker.logged("shard.dropped")).toEqual([]);
    await expectExactlyOnce({ ...bridge, kafkaBrokers: kafka.plainBrokers }, expectedUsers(history));
  });
});

/** Writes the text to a file of the test and returns its path. */
async function writeText(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("events flow with", () => {
  test.for([
    { name: "SCRAM-SHA-256", access: async () => scram("SCRAM-SHA-256") },
    {
      name: "mutual TLS whose certificates and key are in variables",
      access: async () => {
        const { cert, key } = kafka.certificates.client;
        // A key with `\n` for its line breaks, as in a file of variables.
        const variables = { ...tls(), KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key.replaceAll("\n", "\\n") };
        return { brokers: kafka.mutualTlsBrokers, variables };
      },
    },
    {
      name: "mutual TLS whose certificates and key are in files",
      access: async () => {
        const { authority, client } = kafka.certificates;
        const variables = {
          KAFKA_SSL: "true",
          KAFKA_SSL_CA: await writeText("authority.pem", authority.cert),
          KAFKA_SSL_CERT: await writeText("client.pem", client.cert),
          KAFKA_SSL_KEY: await writeText("client.key", client.key),
        };
        return { brokers: kafka.mutualTlsBrokers, variables };
      },
    },
    {
      name: "OAUTHBEARER whose tokens come from a module",
      access: async () => {
        const text = `
          import { UnsecuredJWT } from ${JSON.stringify(import.meta.resolve("jose"))};
          export default async () => {
            const token = new UnsecuredJWT({ scope: "kafka" }).setSubject("bridge").setIssuedAt();
            return { value: token.setExpirationTime("1 h").encode() };
          };`;
        const variables = {
          KAFKA_SASL_MECHANISM: "oauthbearer",
          KAFKA_TOKEN_PROVIDER: await writeText("tokens.mjs", text),
        };
        return { brokers: kafka.saslTlsBrokers, variables: { ...tls(), ...variables } };
      },
    },
  ])("$name", async ({ access }) => {
    await using bridge = await open(await access());
    const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    const history = makeHistory({ users: 5, seed: 12 });
    await sendAll(api.url, messagesOf(history));
    await bridge.waitUntilIdle();
    expect(await worker.logged("shard.dropped")).toEqual([]);
    await expectExactlyOnce({ ...bridge, kafkaBrokers: kafka.plainBrokers }, expectedUsers(history));
  });
});

describe("a worker that Kafka or the token endpoint refuses ends, and says what to check", () => {
  test.for([
    {
      name: "a wrong password",
      access: () => ({
        ...scram("scram-sha-512"),
        variables: { ...scram("scram-sha-512").variables, KAFKA_SASL_PASSWORD: "guessed it" },
      }),
      message: /→ check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/,
    },
    {
      name: "a mechanism that the listener does not offer",
      access: () => ({
        ...scram("scram-sha-512"),
        brokers: kafka.saslBrokers,
        variables: { ...plain().variables, KAFKA_SASL_MECHANISM: "scram-sha-512" },
      }),
      message: /→ set KAFKA_SASL_MECHANISM to a mechanism that the brokers offer|→ check KAFKA_SASL_MECHANISM/,
    },
    {
      name: "a wrong client secret",
      access: () => ({
        ...clientCredentials(),
        variables: { ...clientCredentials().variables, KAFKA_OAUTH_CLIENT_SECRET: "guessed it" },
      }),
      message: /The token endpoint refuses: invalid_client.*\n +→ check KAFKA_OAUTH_CLIENT_ID/,
    },
    {
      name: "a module without a default export",
      access: () => ({
        ...clientCredentials(),
        variables: { ...tls(), KAFKA_SASL_MECHANISM: "oauthbearer", KAFKA_TOKEN_PROVIDER: "src/shared/errors.ts" },
      }),
      message: /src\/shared\/errors.ts has no default export that is a function/,
    },
  ])("$name", async ({ access, message }) => {
    await using bridge = await open(access());
    const { output, reason } = await bridge.runWorker();
    expect(reason).toBe("exit code 1");
    expect(output).toMatch(message);
    expect(output).not.toContain("guessed it");
  });
});

test("an untrusted certificate of a broker is named as the reason in readiness", async () => {
  await using bridge = await open({
    brokers: kafka.saslTlsBrokers,
    variables: { ...login, KAFKA_SSL: "true", KAFKA_SASL_MECHANISM: "scram-sha-512" },
  });
  const worker = await bridge.startWorkerUnready();
  await worker.waitUntilLogged("kafka.unavailable");
  expect(JSON.stringify(await worker.readiness())).toMatch(/certificate/);
});
