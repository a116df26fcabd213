import type { KeyObject } from "node:crypto";
import { type Dashboard, createDashboard } from "./dashboard/create-dashboard.ts";
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
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Seeds everything random except the signing key. Default 1. */
  readonly seed?: number;
  /** `ins_…`. Default: derived from the seed. */
  readonly instanceId?: string;
  /** Default: derived from the seed. */
  readonly secretKey?: string;
  /** RSA-2048. Default: a new key at each start, which takes about 0.1 s. */
  readonly signingKey?: KeyObject;
  readonly webhook?: WebhookOptions;
  /** Default: none. Clerk's own limit is 100 (development) or 1000 (production) requests in 10,000 ms. */
  readonly rateLimit?: RateLimit;
  /** Default: only one identification is required, nothing is disabled. */
  readonly requirements?: Partial<UserRequirements>;
  /** Added to the tokens of `POST /v1/sessions/{id}/tokens`, e.g. `(user) => ({ metadata: user.public_metadata })`. */
  readonly sessionClaims?: SessionClaims;
  /** The clock of users, sessions, events and rate limits; Unix milliseconds. Signatures and tokens use the machine's. */
  readonly now?: () => number;
}

export interface WebhookOptions {
  /** The endpoint at the start. Default: none until `webhooks.connect`. */
  readonly url?: string;
  /** `whsec_…`. Default: derived from the seed. */
  readonly secret?: string;
  readonly faults?: Partial<WebhookFaults>;
  /** Multiplies the delays between attempts. Default 1: five seconds, five minutes, … */
  readonly retryScale?: number;
  /** Default 15,000, as in Svix. */
  readonly attemptTimeoutMs?: number;
  /** Default 32. */
  readonly concurrency?: number;
  /** The unit of the envelope's `timestamp`. Default: milliseconds. */
  readonly timestampUnit?: TimestampUnit;
  /** The minimum number of settled messages that are remembered. Default 10,000. */
  readonly rememberedMessages?: number;
}

export interface ClerkEmulator extends EmulatorKeys {
  /** The SDK's `apiUrl`, without a trailing slash. */
  readonly url: string;
  /** Changes that do not come from the Backend API. */
  readonly dashboard: Dashboard;
  /** Controls the delivery of webhooks: endpoint, faults and progress. */
  readonly webhooks: Omit<WebhookSender, "send" | "stop">;
  /** A session token for any user id, including unknown ones. */
  signSessionToken(request: SessionTokenRequest): Promise<string>;
  /** Closes every connection and discards all state. Further calls do nothing. */
  stop(): Promise<void>;
}

/** The address of a Frontend API that does not exist. */
const ISSUER = "https://emulator.clerk.accounts.dev";

/**
 * Starts an emulated Clerk instance: the Backend API as the real SDK calls it, and webhooks as Svix sends them. All state
 * is in memory and belongs to this emulator alone.
 */
export async function startClerkEmulator(options: ClerkEmulatorOptions = {}): Promise<ClerkEmulator> {
  const { seed = 1, now = Date.now } = options;
  const makeId = createIdMaker(createRandom(seed, "ids"));
  const drawnId = makeId("ins");
  const instanceId = options.instanceId ?? drawnId;
  const signer = await createSessionTokenSigner(ISSUER, instanceId, options.signingKey);
  const keys = drawKeys(options, seed, instanceId, signer.jwtKey);
  const webhooks = createWebhookSender(options.webhook, seed, keys);
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
    dashboard: createDashboard(instance),
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

function createWebhookSender(options: WebhookOptions = {}, seed: number, keys: EmulatorKeys): WebhookSender {
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
