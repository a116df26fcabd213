import type { KeyObject } from "node:crypto";
import { createApp } from "./http/create-app.ts";
import type { RateLimit } from "./http/limit-rate.ts";
import { serveApp } from "./http/serve-app.ts";
import type { Instance, UserRequirements } from "./instance/instance.ts";
import { createIdMaker, drawText } from "./instance/make-id.ts";
import { createRandom } from "./instance/seeded-random.ts";
import { SessionDirectory } from "./instance/session-directory.ts";
import { UserDirectory } from "./instance/user-directory.ts";
import { createSessionTokenSigner, type SessionTokenRequest } from "./tokens/session-token-signer.ts";
import type { WebhookFaults } from "./webhooks/faults.ts";
import { WebhookSender } from "./webhooks/webhook-sender.ts";
import type { TimestampUnit } from "./webhooks/write-envelope.ts";

export interface ClerkEmulatorOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Everything drawn by chance comes from it, except the signing key. Default 1. */
  readonly seed?: number;
  /** Default: drawn from the seed. */
  readonly secretKey?: string;
  /** RSA-2048. Default: a new one at each start, which takes about a tenth of a second. */
  readonly signingKey?: KeyObject;
  readonly webhook?: WebhookOptions;
  /** Default: none. Clerk's own is 100 (development) or 1000 (production) requests in 10,000 ms. */
  readonly rateLimit?: RateLimit;
  /** Default: nothing is required beyond one identification, nothing is disabled. */
  readonly requirements?: Partial<UserRequirements>;
  /** The clock of users, sessions, events and rate limits; Unix milliseconds. Signatures and tokens use the machine's. */
  readonly now?: () => number;
}

export interface WebhookOptions {
  /** Where messages go from the start. Default: nowhere until `webhooks.connect`. */
  readonly url?: string;
  /** `whsec_…`. Default: drawn from the seed. */
  readonly secret?: string;
  readonly faults?: Partial<WebhookFaults>;
  /** Multiplies the waits between attempts. Default 1: five seconds, five minutes, … */
  readonly retryScale?: number;
  /** Default 15,000, as Svix. */
  readonly attemptTimeoutMs?: number;
  /** Default 32. */
  readonly concurrency?: number;
  /** Of the envelope's `timestamp`. Default milliseconds. */
  readonly timestampUnit?: TimestampUnit;
  /** Default 10,000: how many messages that have come to an end are remembered, at least. */
  readonly rememberedMessages?: number;
}

export interface ClerkEmulator {
  /** Without a slash at the end: the SDK's `apiUrl`. */
  readonly url: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  /** The PEM that verifies session tokens: the SDK's `jwtKey`. */
  readonly jwtKey: string;
  /** The `iss` of session tokens. */
  readonly issuer: string;
  readonly instanceId: string;
  readonly webhookSecret: string;
  /** The delivery of webhooks: where, how badly, how far. */
  readonly webhooks: WebhookSender;
  signSessionToken(request: SessionTokenRequest): Promise<string>;
  /** Closes every socket and forgets everything. */
  stop(): Promise<void>;
}

const FRONTEND_API = "emulator.clerk.accounts.dev";

/**
 * Starts a Clerk of its own: the Backend API as the real SDK calls it, and webhooks as Svix sends them. All state is in
 * memory and belongs to this one emulator.
 */
export async function startClerkEmulator(options: ClerkEmulatorOptions = {}): Promise<ClerkEmulator> {
  const { seed = 1, webhook = {} } = options;
  const makeId = createIdMaker(createRandom(seed, "ids"));
  const keys = createRandom(seed, "keys");
  const secretKey = options.secretKey ?? `sk_test_${drawText(keys, 40)}`;
  const webhookSecret = webhook.secret ?? `whsec_${drawText(keys, 32)}`;
  const instanceId = makeId("ins");
  const issuer = `https://${FRONTEND_API}`;

  const webhooks = new WebhookSender({
    instanceId,
    makeId: createIdMaker(createRandom(seed, "messages")),
    random: createRandom(seed, "faults"),
    concurrency: webhook.concurrency ?? 32,
    attemptTimeoutMs: webhook.attemptTimeoutMs ?? 15_000,
    retryScale: webhook.retryScale ?? 1,
    rememberedMessages: webhook.rememberedMessages ?? 10_000,
  });
  webhooks.setFaults(webhook.faults ?? {});
  webhooks.setTimestampUnit(webhook.timestampUnit ?? "milliseconds");
  if (webhook.url !== undefined) webhooks.connect({ url: webhook.url, secret: webhookSecret });

  const instance: Instance = {
    id: instanceId,
    requirements: { required: [], disabled: [], ...options.requirements },
    users: new UserDirectory(),
    sessions: new SessionDirectory(),
    signInTokens: new Map(),
    makeId,
    now: options.now ?? Date.now,
    publish: (event) => webhooks.send(event),
  };
  const signer = await createSessionTokenSigner(issuer, instanceId, options.signingKey);
  const traces = createRandom(seed, "traces");
  const app = createApp({
    instance,
    signer,
    secretKey,
    rateLimit: options.rateLimit,
    makeTraceId: () => drawText(traces, 32).toLowerCase(),
  });
  const server = await serveApp(app, options.host ?? "127.0.0.1", options.port ?? 0);

  return {
    url: server.url,
    secretKey,
    publishableKey: `pk_test_${Buffer.from(`${FRONTEND_API}$`).toString("base64")}`,
    jwtKey: signer.jwtKey,
    issuer,
    instanceId,
    webhookSecret,
    webhooks,
    signSessionToken: (request) => signer.sign(request),
    stop: async () => {
      await server.close();
      await webhooks.stop();
    },
  };
}
