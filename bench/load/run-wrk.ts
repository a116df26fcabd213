import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { wrk } from "./require-wrk.ts";
import { webhookPath } from "./write-requests.ts";

const reportSchema = z.object({
  /** Answers that came within the run, of whatever status. */
  answered: z.int(),
  durationMs: z.number(),
  /** Answers of status 400 and above. Nothing here answers 1xx or 3xx, so the others are 2xx. */
  failed: z.int(),
  /** Connections that could not be made or broke, and requests without an answer in 2 s. */
  broken: z.int(),
  /** When each request was sent, ms since the epoch. The last ones, 64 at most, were cut off unanswered. */
  sentAt: z.array(z.int()),
});

export interface LoadReport {
  /** Answers of status 2xx. */
  readonly accepted: number;
  /** The same for each second. */
  readonly rate: number;
  readonly sentAt: readonly number[];
}

export interface LoadOptions {
  readonly port: number;
  /** Written by `writeRequests`. */
  readonly requestsFile: string;
  readonly seconds: number;
  /** Requests for each second; left out, each connection sends the next as soon as it has its answer. */
  readonly rate?: number;
}

export const connections = 64;

/** Sends prepared requests to a receiver by wrk, over 64 connections. Throws when anything but 2xx came back. */
export async function runWrk({ port, requestsFile, seconds, rate = 0 }: LoadOptions): Promise<LoadReport> {
  const script = join(import.meta.dirname, "replay.lua");
  const { stdout } = await execa(wrk, [
    "--threads=1",
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    `--script=${script}`,
    `http://127.0.0.1:${port}${webhookPath}`,
    "--",
    requestsFile,
    String(rate),
  ]);
  const report = reportSchema.parse(JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)));
  if (report.failed + report.broken > 0) throw new Error(`Not all requests were answered with 2xx:\n${stdout}`);
  return {
    accepted: report.answered,
    rate: report.answered / (report.durationMs / 1_000),
    sentAt: report.sentAt,
  };
}
