import type { KeyObject } from "node:crypto";
import { type Dashboard, openDashboard } from "./dashboard/open-dashboard.ts";
import { createApp, type EmulatorKeys } from "./http/create-app.ts";
import type { RateLimit } from "./http/middleware.ts";
import { serveApp } from "./http/serve-app.ts";
import type { Instance, UserRequirements } from "./instance/instance.ts";
import { createIdMaker, drawText } from "./instance/instance.ts";
import { createRandom } from "./seeded-random.ts";
import { SessionDirectory } from "./instance/session-directory.ts";
import { UserDirectory } from "./instance/user-directory.ts";
import type { SessionClaims } from "./sign-ins/create-session.ts";
import { createSessionTokenSigner, type SessionTokenRequest } from "./sessions/session-token-signer.ts";
import type { WebhookFaults } from "./webhooks/webhook-endpoint.ts";
import { WebhookSender } from "./webhooks/webhook-sender.ts";
import type { TimestampUnit } from "./webhooks/webhook-message.ts";

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
  /** Added to the tokens of `POST /v1/sessions/{id}/tokens`, e.g. `(user) => ({ metadata: user.public_metadata })`. */
  readonly sessionClaims?: SessionClaims;
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

export interface ClerkEmulator extends EmulatorKeys {
  /** Without a slash at the end: the SDK's `apiUrl`. */
  readonly url: string;
  /** Changes that come from elsewhere than the Backend API. */
  readonly dashboard: Dashboard;
  /** The delivery of webhooks: where to, how badly, how far. */
  readonly webhooks: Omit<WebhookSender, "send" | "stop">;
  /** A session token for anybody, whether there is such a user or not. */
  signSessionToken(request: SessionTokenRequest): Promise<string>;
  /** Closes every socket and forgets everything. Calling it again does no more. */
  stop(): Promise<void>;
}

/** The Frontend API of an instance that has none: a name that nothing answers to. */
const ISSUER = "https://emulator.clerk.accounts.dev";

/**
 * Starts a Clerk of its own: the Backend API as the real SDK calls it, and webhooks as Svix sends them. All state is in
 * memory and belongs to this one emulator.
 */
export async function startClerkEmulator(options: ClerkEmulatorOptions = {}): Promise<ClerkEmulator> {
  const { seed = 1, now = Date.now } = options;
  const makeId = createIdMaker(createRandom(seed, "ids"));
  const instanceId = makeId("ins");
  const signer = await createSessionTokenSigner(ISSUER, instanceId, options.signingKey);
  const keys = drawKeys(options, seed, instanceId, signer.jwtKey);
  const webhooks = openWebhooks(options.webhook, seed, keys);
  const instance: Instance = {
    id: instanceId,
    issuer: ISSUER,
    requirements: { required: [], disabled: [], ...options.requirements },
    users: new UserDirectory(),
    sessions: new SessionDirectory(),
    signInTokens: new Map(),
    makeId,
    now,
    publish: (event) => webhooks.send(event),
  };
  const traces = createRandom(seed, "traces");
  const app = createApp({
    instance,
    webhooks,
    signer,
    keys,
    sessionClaims: options.sessionClaims ?? (() => ({})),
    rateLimit: options.rateLimit,
    makeTraceId: () => drawText(traces, 32).toLowerCase(),
  });
  const server = await serveApp(app, options.host ?? "127.0.0.1", options.port ?? 0);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await server.close();
    await webhooks.stop();
  };
  return {
    ...keys,
    url: server.url,
    dashboard: openDashboard(instance),
    webhooks,
    signSessionToken: (request) => signer.sign(request),
    stop: () => (stopped ??= stop()),
  };
}

function drawKeys(options: ClerkEmulatorOptions, seed: number, instanceId: string, jwtKey: string): EmulatorKeys {
  const random = createRandom(seed, "keys");
  return {
    secretKey: options.secretKey ?? `sk_test_${drawText(random, 40)}`,
    publishableKey: `pk_test_${Buffer.from(`${new URL(ISSUER).host}$`).toString("base64")}`,
    jwtKey,
    issuer: ISSUER,
    instanceId,
    webhookSecret: options.webhook?.secret ?? `whsec_${drawText(random, 32)}`,
  };
}

function openWebhooks(options: WebhookOptions = {}, seed: number, keys: EmulatorKeys): WebhookSender {
  const webhooks = new WebhookSender({
    instanceId: keys.instanceId,
    makeId: createIdMaker(createRandom(seed, "messages")),
    random: createRandom(seed, "faults"),
    concurrency: options.concurrency ?? 32,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 15_000,
    retryScale: options.retryScale ?? 1,
    rememberedMessages: options.rememberedMessages ?? 10_000,
  });
  webhooks.setFaults(options.faults ?? {});
  webhooks.setTimestampUnit(options.timestampUnit ?? "milliseconds");
  if (options.url !== undefined) webhooks.connect({ url: options.url, secret: keys.webhookSecret });
  return webhooks;
}
