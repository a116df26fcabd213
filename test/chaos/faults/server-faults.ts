import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "clerk-emulator";
import type { FaultyServer } from "../servers/faulty-server.ts";
import type { TcpProxy } from "../servers/tcp-proxy.ts";
import type { Fault } from "./fault.ts";

const slowestMs = 40;

/** The faults of a server and of the connections to it. */
export const serverFaults = (name: string, server: FaultyServer, random: Random): Fault[] => [
  { kind: `${name} restarted`, inject: () => server.restart() },
  { kind: `${name} killed`, inject: (holdMs) => server.crash(holdMs) },
  { kind: `${name} frozen`, inject: (holdMs) => server.freeze(holdMs) },
  ...linkFaults(name, server.link, random),
];

/** As after the loss of a disk: the server runs on data of an earlier time, and what it acknowledged since is lost. */
export const olderCopy = (name: string, server: FaultyServer): Fault => ({
  kind: `${name} restored from an older copy`,
  inject: (holdMs) => server.restoreOlderCopy(holdMs),
});

/** The faults of the connections through a proxy. */
export const linkFaults = (name: string, link: TcpProxy, random: Random): Fault[] => [
  { kind: `${name} cut off`, inject: during(link, () => link.cut()) },
  { kind: `${name} stalled`, inject: during(link, () => link.stall()) },
  { kind: `${name} slow`, inject: during(link, () => link.slowDown(random.between(1, slowestMs))) },
];

const during = (link: TcpProxy, spoil: () => void) => async (holdMs: number) => {
  spoil();
  await delay(holdMs);
  link.heal();
};
