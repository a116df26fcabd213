import { median } from "../report/statistics.ts";

/** What is measured at one moment of a long run. */
export interface SoakSample {
  /** Since the beginning, in minutes. */
  readonly minute: number;
  /** By process. */
  readonly residentBytes: Readonly<Record<string, number>>;
  readonly descriptors: Readonly<Record<string, number>>;
  /** Redis's memory while no message waits. */
  readonly redisBytes: number;
  readonly redisKeys: number;
}

export interface SoakVerdict {
  /** Change of resident memory in percent an hour by process, after the start; undefined when the run was too short to tell. */
  readonly memorySlopes: Readonly<Record<string, number>> | undefined;
  /** Change of Redis's memory from the second quarter of the run to the last one, in percent. */
  readonly redisGrowth: number;
  /** Empty when nothing grows. */
  readonly problems: readonly string[];
}

/** V8 needs this time until its heap has the size that the load wants. */
const warmUpMinutes = 10;
/** A slope over less time says more about noise. */
const minMinutes = 10;
const allowed = { memoryPercentAnHour: 10, redisPercent: 5, descriptors: 5 };

/** Judges the samples of a long run at a steady load. Pure. */
export function assessSoak(samples: readonly SoakSample[]): SoakVerdict {
  const last = samples.at(-1)?.minute ?? 0;
  const settled = samples.filter(({ minute }) => minute >= warmUpMinutes);
  const processes = Object.keys(samples[0]?.residentBytes ?? {});
  const isLongEnough = last - warmUpMinutes >= minMinutes;
  const memorySlopes = isLongEnough
    ? Object.fromEntries(
        processes.map((name) => [name, slopeOf(settled.map((of) => [of.minute / 60, of.residentBytes[name] ?? 0]))]),
      )
    : undefined;
  const quarter = (number: number) =>
    samples.filter(({ minute }) => minute >= (last * number) / 4 && minute <= (last * (number + 1)) / 4);
  const redis = [1, 3].map((number) => median(quarter(number).map(({ redisBytes }) => redisBytes)));
  const redisGrowth = 100 * ((redis[1] ?? Number.NaN) / (redis[0] ?? Number.NaN) - 1);
  const problems = [
    ...Object.entries(memorySlopes ?? {}).flatMap(([name, slope]) =>
      slope > allowed.memoryPercentAnHour ? [`the memory of the ${name} grows by ${slope.toFixed(1)} % an hour`] : [],
    ),
    ...(redisGrowth > allowed.redisPercent ? [`Redis has grown by ${redisGrowth.toFixed(1)} %`] : []),
    ...processes.flatMap((name) => {
      const counts = [1, 3].map((number) => median(quarter(number).map((of) => of.descriptors[name] ?? 0)));
      const more = (counts[1] ?? 0) - (counts[0] ?? 0);
      return more > allowed.descriptors ? [`the ${name} has ${more} more files and sockets open`] : [];
    }),
  ];
  return { memorySlopes, redisGrowth, problems };
}

/** The slope of the line through the points (least squares), in percent of their mean for each unit of x. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return (100 * covariance) / variance / meanY;
}
