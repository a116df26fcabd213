/// <reference lib="esnext.disposable" />
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { type RedisServer, startRedis } from "../../../dev/stack/start-redis.ts";
import { queryRedis } from "./query-redis.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** A Redis Cluster of masters that share the slots. A node that is away takes only its own slots with it. */
export interface RedisCluster extends AsyncDisposable {
  /** As REDIS_URL takes it; names all nodes, whether they run or not. */
  readonly redisUrl: string;
  readonly nodes: readonly number[];
  readonly ports: readonly number[];
  /** The node that serves a key. */
  nodeOf(key: string): Promise<number>;
  /** How often each kind of error was answered, all nodes that run together: "CROSSSLOT" … */
  errors(): Promise<ReadonlyMap<string, number>>;
  /** SIGKILL; resolves once it is gone. */
  kill(node: number): Promise<void>;
  /** SIGSTOP: it says nothing, and its sockets stay open. */
  freeze(node: number): void;
  thaw(node: number): void;
  /** Starts a replica of a node, which takes over when that node is gone; resolves once it has the node's data and all know of it. */
  addReplica(node: number): Promise<void>;
  /** Starts it again with its data; resolves once the others have it back. */
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
  const ask = <T>(node: number, question: (redis: Redis) => Promise<T>) => queryRedis(portsOf(node).port, question);
  const meet = (node: number, { port, bus }: Ports) =>
    ask(node, (redis) => redis.call("CLUSTER", "MEET", "127.0.0.1", port, bus));
  const untilWhole = () =>
    waitFor("every node knows of every slot", async () => {
      const views = await Promise.all(nodes.map((node) => ask(node, (redis) => redis.cluster("INFO"))));
      return views.every((view) => view.includes("cluster_state:ok") && view.includes(`cluster_slots_ok:${slots}`));
    });

  await Promise.all(nodes.map(startNode));
  for (const node of nodes) {
    const [from, to] = [node, node + 1].map((part) => Math.floor((part * slots) / size));
    await ask(node, (redis) => redis.cluster("ADDSLOTSRANGE", found(from), found(to) - 1));
    await ask(node, (redis) => redis.cluster("SET-CONFIG-EPOCH", node + 1));
    if (node > 0) await meet(0, portsOf(node));
  }
  await untilWhole();

  const owned = resources.move();
  return {
    redisUrl: `redis+cluster://${ports.map(({ port }) => `127.0.0.1:${port}`).join()}`,
    nodes,
    ports: ports.map(({ port }) => port),
    nodeOf: async (key) => {
      const slot = await ask(0, (redis) => redis.cluster("KEYSLOT", key));
      return found(nodes.findLast((node) => slot >= Math.floor((node * slots) / size)));
    },
    errors: async () => {
      const replies = await Promise.all(nodes.map((node) => ask(node, (redis) => redis.info("errorstats"))));
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
      const [place, id] = [await findFreePorts(), await ask(node, (redis) => redis.cluster("MYID"))];
      const replica = await startServer(`replica-${place.port}`, place);
      owned.defer(() => replica.kill());
      await meet(node, place);
      await waitFor("the replica knows its master", () =>
        queryRedis(place.port, (redis) => redis.cluster("REPLICATE", id)),
      );
      await waitFor("the replica has the data, and all know of it", async () => {
        const state = await queryRedis(place.port, (redis) => redis.info("replication"));
        const views = await Promise.all(nodes.map((each) => ask(each, (redis) => redis.cluster("NODES"))));
        return state.includes("master_link_status:up") && views.every((view) => String(view).includes(`slave ${id}`));
      });
    },
    start: async (node) => {
      await startNode(node);
      await untilWhole();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Ports {
  readonly port: number;
  /** Of the talk among the nodes. */
  readonly bus: number;
}

const findFreePorts = async (): Promise<Ports> => ({ port: await findFreePort(), bus: await findFreePort() });

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("There is no such node");
  return value;
}
