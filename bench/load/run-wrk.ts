import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { wrk } from "./require-wrk.ts";
import { webhookPath } from "./write-requests.ts";

const reportSchema = z.object({
  /** The number of responses within the run, of any status. */
  answered: z.int(),
  durationMs: z.number(),
  /** The number of responses with status 400 or above. No receiver here sends 1xx or 3xx, so the others are 2xx. */
  failed: z.int(),
  /** The number of failed connections, and of requests without a response in 2 s. */
  broken: z.int(),
  /** When each request was sent, in ms since the epoch. The last ones (at most one for each connection) have no response. */
  sentAt: z.array(z.int()),
});

export interface LoadReport {
  /** The number of 2xx responses. */
  readonly accepted: number;
  /** The number of 2xx responses per second. */
  readonly rate: number;
  readonly sentAt: readonly number[];
}

export interface LoadOptions {
  readonly port: number;
  /** A file written by `writeRequests`. */
  readonly requestsFile: string;
  readonly seconds: number;
  /** Requests per second. By default each connection sends the next request as soon as it has a response. */
  readonly rate?: number;
  readonly connections?: number;
}

export const defaultConnections = 64;

/** Sends prepared requests to a receiver with wrk, over 64 connections by default. Throws unless all responses are 2xx. */
export async function runWrk({
  port,
  requestsFile,
  seconds,
  rate = 0,
  connections = defaultConnections,
}: LoadOptions): Promise<LoadReport> {
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
