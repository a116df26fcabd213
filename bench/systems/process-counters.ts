import { readdir, readFile } from "node:fs/promises";
import { execa } from "execa";

/** What the kernel has counted for one process and all its threads, ended ones included. */
export interface ProcessCounters {
  /** CPU time in microseconds. The kernel counts in steps of 10 ms. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** The most that was resident at any time. */
  readonly peakResidentBytes: number;
  /** Open files, sockets included. */
  readonly descriptors: number;
}

/** Reads the counters of a process on Linux; of another system, throws that it is not Linux. */
export async function readProcessCounters(pid: number): Promise<ProcessCounters> {
  if (process.platform !== "linux") throw new Error("CPU time and memory are read from /proc, which only Linux has");
  const [stat, status, descriptors, ticks] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
    readdir(`/proc/${pid}/fd`),
    ticksPerSecond(),
  ]);
  // The name of the program, in parentheses, may contain blanks. User time is the 14th field and system time the 15th.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
  return {
    cpuMicros: (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000_000) / ticks,
    residentBytes: kilobytes("VmRSS"),
    peakResidentBytes: kilobytes("VmHWM"),
    descriptors: descriptors.length,
  };
}

let ticks: Promise<number> | undefined;
const ticksPerSecond = () => (ticks ??= execa("getconf", ["CLK_TCK"]).then(({ stdout }) => Number(stdout)));

/** The processes of a measured system, by name. */
export type Pids = Readonly<Record<string, number>>;

/** CPU time of one message in microseconds, by process. */
export type CpuPerMessage = Readonly<Record<string, number>>;

/** Starts to count. The returned function divides the CPU time of each process since then by a number of messages. */
export async function startCpuCount(pids: Pids): Promise<(messages: number) => Promise<CpuPerMessage>> {
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(pids).map(async ([name, pid]) => [name, (await readProcessCounters(pid)).cpuMicros] as const),
      ),
    );
  const before = await read();
  return async (messages) => {
    const after = await read();
    return Object.fromEntries(
      Object.entries(after).map(([name, micros]) => [name, (micros - (before[name] ?? 0)) / messages]),
    );
  };
}
