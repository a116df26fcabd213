import { setTimeout as delay } from "node:timers/promises";
import { SignJWT } from "jose";
import { quantile } from "../report/statistics.ts";
import { type Pids, startCpuCount } from "../systems/process-counters.ts";

/** The operations of the user API under load of one caller: latencies in ms, and requests to Clerk for each call. */
export interface OperationFigures {
  readonly p50: number;
  readonly p99: number;
  readonly clerkCalls: number;
  /** CPU time of a call in all of `pids` together, in ms, beyond what they use in the same time when idle. */
  readonly cpuMs: number;
}

export interface UserApiTarget {
  readonly url: string;
  readonly tokenSecret: string;
  readonly userIds: readonly string[];
  /** The processes whose CPU time counts: the API and Redis, without Clerk. */
  readonly pids: Pids;
}

const repeats = 100;
const slowRepeats = 5;
const batchSize = 100;
const listSize = 20;
const idleForMs = 5_000;

/** Calls each operation one at a time. */
export async function measureUserApi(target: UserApiTarget): Promise<Record<string, OperationFigures>> {
  const { userIds } = target;
  const token = await signToken(target, 0);
  const idleCpu = await measureIdleCpu(target.pids);
  let used = 0;
  const nextUser = () => userIds[(used += 997) % userIds.length] ?? "";
  const pages = Math.ceil((userIds.length * 0.99) / listSize);
  const get = (path: string, by = token) => call(target, "GET", path, by);
  const sameUser = nextUser();
  const operations: Record<string, (number: number) => Promise<void>> = {
    "get, cached": () => get(`/api/users/${sameUser}`),
    "get, not cached": () => get(`/api/users/${nextUser()}`),
    "token verified, cached": () => get(`/api/users/${sameUser}`),
    "token verified, not cached": async (number) => get(`/api/users/${sameUser}`, await signToken(target, number + 1)),
    "list, first pages": (number) => get(`/api/users?page=${number + 1}`),
    "list by role, first page": () => get("/api/users?role=user"),
    "list by role, a page in the middle": (number) =>
      get(`/api/users?role=user&page=${Math.floor(pages / 2) + number}`),
    "list by role, by name": (number) => get(`/api/users?role=user&sort=name&page=${number + 1}`),
    "list by role, by email, a page in the middle": (number) =>
      get(`/api/users?role=user&sort=-email&page=${Math.floor(pages / 2) + number}`),
    "list by a rare role": (number) => get(`/api/users?role=admin&page=${number + 1}&limit=1`),
  };
  const figures: Record<string, OperationFigures> = {};
  for (const [name, operation] of Object.entries(operations))
    figures[name] = await measure({ target, operation, count: repeats, idleCpu });
  // The emulated Clerk looks at a million users for seconds.
  const slow: Record<string, (number: number) => Promise<void>> = {
    "search, one match": (number) => get(`/api/users?search=user${number * 7}@example`),
    "search within a role, one match": (number) => get(`/api/users?role=user&search=user${number * 7 + 1}@example`),
    "batch of 100 updates": async (number) => {
      const operationsOfBatch = Array.from({ length: batchSize }, () => ({
        type: "update",
        userId: nextUser(),
        user: { lastName: `Batch ${number}` },
      }));
      await call(target, "POST", "/api/users/batch", token, { operations: operationsOfBatch });
    },
  };
  for (const [name, operation] of Object.entries(slow))
    figures[name] = await measure({ target, operation, count: slowRepeats, idleCpu });
  return figures;
}

interface Measurement {
  readonly target: UserApiTarget;
  readonly operation: (number: number) => Promise<void>;
  readonly count: number;
  /** The share of a core that the processes use when idle. */
  readonly idleCpu: number;
}

async function measure({ target, operation, count, idleCpu }: Measurement): Promise<OperationFigures> {
  await operation(0);
  const before = await countClerkCalls(target);
  const cpuOf = await startCpuCount(target.pids);
  const latencies: number[] = [];
  for (let number = 1; number <= count; number += 1) {
    const startedAt = performance.now();
    await operation(number);
    latencies.push(performance.now() - startedAt);
  }
  const usedMs = sumOf(Object.values(await cpuOf(count))) / 1_000;
  const idleMs = (idleCpu * sumOf(latencies)) / count;
  const clerkCalls = ((await countClerkCalls(target)) - before) / count;
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), clerkCalls, cpuMs: usedMs - idleMs };
}

async function measureIdleCpu(pids: Pids): Promise<number> {
  const cpuOf = await startCpuCount(pids);
  await delay(idleForMs);
  return sumOf(Object.values(await cpuOf(1))) / (idleForMs * 1_000);
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

async function call({ url }: UserApiTarget, method: string, path: string, token: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
}

async function countClerkCalls({ url }: UserApiTarget): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return [...metrics.matchAll(/^bridge_clerk_requests_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

const signToken = ({ tokenSecret }: UserApiTarget, number: number): Promise<string> =>
  new SignJWT({ sub: "bench", aud: "clerk-kafka-bridge", role: "admin", jti: String(number) })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(tokenSecret));
