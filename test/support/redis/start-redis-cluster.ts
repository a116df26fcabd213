/// <reference lib="esnext.disposable" />
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { type RedisServer, startRedis } from "../../../dev/stack/start-redis.ts";
import { queryRedis } from "./query-redis.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** A Redis Cluster of masters that share the slots. Without a node, only its own slots are unavailable. */
export interface RedisCluster extends AsyncDisposable {
  /** The value for REDIS_URL with all nodes, including stopped ones. */
  readonly redisUrl: string;
  readonly nodes: readonly number[];
  readonly ports: readonly number[];
  /** The node that serves a key. */
  nodeOf(key: string): Promise<number>;
  /** The number of error replies of all running nodes by kind: "CROSSSLOT" … */
  errors(): Promise<ReadonlyMap<string, number>>;
  /** SIGKILL; resolves when the node has exited. */
  kill(node: number): Promise<void>;
  /** SIGSTOP: the node does not answer, and its connections stay open. */
  freeze(node: number): void;
  thaw(node: number): void;
  /** Starts a replica that takes over when the node fails. Resolves when it has the node's data and all nodes know it. */
  addReplica(node: number): Promise<void>;
  /** Starts the node again with its data; resolves when the cluster is complete. */
  start(node: number): Promise<void>;
}

const slots = 16_384;
const clusterSettings = {
  "cluster-enabled": "yes",
  "cluster-node-timeout": "1000",
  "cluster-require-full-coverage": "no",
  "repl-diskless-sync-delay": "0",
};

export async function startRedisCluster(size = 3): Promise<RedisCluster> {
  await using resources = new AsyncDisposableStack();
  const folder = await createFreshFolder();
  resources.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const nodes = Array.from({ length: size }, (_, node) => node);
  const ports = await Promise.all(nodes.map(findFreePorts));
  const running: RedisServer[] = [];
  resources.defer(async () => void (await Promise.all(running.map((server) => server.kill()))));
  const portsOf = (node: number) => found(ports[node]);
  const serverOf = (node: number) => found(running[node]);
  const startServer = (name: string, { port, bus }: Ports) =>
    startRedis({ dir: join(folder, name), port, settings: { ...clusterSettings, "cluster-port": String(bus) } });
  const startNode = async (node: number) => {
    running[node] = await startServer(String(node), portsOf(node));
  };
  const queryNode = <T>(node: number, query: (redis: Redis) => Promise<T>) => queryRedis(portsOf(node).port, query);
  const meet = (node: number, { port, bus }: Ports) =>
    queryNode(node, (redis) => redis.call("CLUSTER", "MEET", "127.0.0.1", port, bus));
  const waitUntilComplete = () =>
    waitFor("every node knows every slot", async () => {
      const views = await Promise.all(nodes.map((node) => queryNode(node, (redis) => redis.cluster("INFO"))));
      return views.every((view) => view.includes("cluster_state:ok") && view.includes(`cluster_slots_ok:${slots}`));
    });

  await Promise.all(nodes.map(startNode));
  for (const node of nodes) {
    const [from, to] = [node, node + 1].map((part) => Math.floor((part * slots) / size));
    await queryNode(node, (redis) => redis.cluster("ADDSLOTSRANGE", found(from), found(to) - 1));
    await queryNode(node, (redis) => redis.cluster("SET-CONFIG-EPOCH", node + 1));
    if (node > 0) await meet(0, portsOf(node));
  }
  await waitUntilComplete();

  const owned = resources.move();
  return {
    redisUrl: `redis+cluster://${ports.map(({ port }) => `127.0.0.1:${port}`).join()}`,
    nodes,
    ports: ports.map(({ port }) => port),
    nodeOf: async (key) => {
      const slot = await queryNode(0, (redis) => redis.cluster("KEYSLOT", key));
      return found(nodes.findLast((node) => slot >= Math.floor((node * slots) / size)));
    },
    errors: async () => {
      const replies = await Promise.all(nodes.map((node) => queryNode(node, (redis) => redis.info("errorstats"))));
      const counts = new Map<string, number>();
      for (const [, kind = "", count] of replies.join("\n").matchAll(/^errorstat_(\w+):count=(\d+)/gm)) {
        counts.set(kind, (counts.get(kind) ?? 0) + Number(count));
      }
      return counts;
    },
    kill: (node) => serverOf(node).kill(),
    freeze: (node) => void process.kill(serverOf(node).pid, "SIGSTOP"),
    thaw: (node) => void process.kill(serverOf(node).pid, "SIGCONT"),
    addReplica: async (node) => {
      const [replicaPorts, id] = [await findFreePorts(), await queryNode(node, (redis) => redis.cluster("MYID"))];
      const replica = await startServer(`replica-${replicaPorts.port}`, replicaPorts);
      owned.defer(() => replica.kill());
      await meet(node, replicaPorts);
      await waitFor("the replica knows its master", () =>
        queryRedis(replicaPorts.port, (redis) => redis.cluster("REPLICATE", id)),
      );
      await waitFor("the replica has the data and every node knows it", async () => {
        const state = await queryRedis(replicaPorts.port, (redis) => redis.info("replication"));
        const views = await Promise.all(nodes.map((each) => queryNode(each, (redis) => redis.cluster("NODES"))));
        return state.includes("master_link_status:up") && views.every((view) => String(view).includes(`slave ${id}`));
      });
    },
    start: async (node) => {
      await startNode(node);
      await waitUntilComplete();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Ports {
  readonly port: number;
  /** The port of the cluster bus. */
  readonly bus: number;
}

const findFreePorts = async (): Promise<Ports> => ({ port: await findFreePort(), bus: await findFreePort() });

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("There is no such node");
  return value;
}
