import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "clerk-emulator";
import type { Fleet, Member } from "../processes/fleet.ts";
import type { Fault } from "./fault.ts";

/** What can become of one of several processes; a new one takes its place. */
export const processFaults = (name: string, fleet: Fleet, random: Random): Fault[] => {
  const withOne = (spoil: (member: Member, holdMs: number) => Promise<void>) => async (holdMs: number) => {
    const member = fleet.pick(random);
    if (member !== undefined) await spoil(member, holdMs);
  };
  return [
    {
      kind: `${name} killed`,
      inject: withOne(async (member, holdMs) => {
        await fleet.kill(member);
        await delay(holdMs);
        await fleet.add();
      }),
    },
    {
      kind: `${name} stopped`,
      inject: withOne(async (member) => {
        await Promise.all([fleet.stop(member), fleet.add()]);
      }),
    },
    {
      kind: `${name} frozen`,
      inject: withOne(async ({ pid }, holdMs) => {
        process.kill(pid, "SIGSTOP");
        await delay(holdMs);
        process.kill(pid, "SIGCONT");
      }),
    },
  ];
};

const mostProcesses = 4;

/** More or fewer of them; all of them gone at once. */
export const fleetFaults = (name: string, fleet: Fleet, random: Random): Fault[] => [
  {
    kind: `number of ${name}s changed`,
    inject: async (holdMs) => {
      const wanted = 1 + random.below(mostProcesses);
      const surplus = fleet.members.slice(wanted);
      const missing = Math.max(0, wanted - fleet.members.length);
      await Promise.all([
        ...surplus.map((member) => fleet.stop(member)),
        ...Array.from({ length: missing }, () => fleet.add()),
      ]);
      await delay(holdMs);
    },
  },
  {
    kind: `all ${name}s killed`,
    inject: async (holdMs) => {
      const gone = fleet.members;
      await Promise.all(gone.map((member) => fleet.kill(member)));
      await delay(holdMs / 2);
      await Promise.all(gone.map(() => fleet.add()));
    },
  },
];
