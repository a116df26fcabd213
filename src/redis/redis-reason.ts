import { messageOf } from "../shared/errors.ts";

/** Redis's error codes by which an answer is a refusal, in lower case, each with its meaning. */
const meanings = {
  readonly: "this server is a replica",
  oom: "its memory is full",
  misconf: "it cannot write to its disk",
  loading: "it is loading its data",
  noauth: "it asks for a password",
  wrongpass: "it rejects the user or the password",
  noperm: "the user lacks a right",
  masterdown: "its master is unavailable",
  noreplicas: "too few replicas are connected",
  clusterdown: "the cluster is incomplete",
  busy: "a script occupies it",
} as const;

/** Why Redis does not work: the code with which it refuses, or `unavailable` when it does not answer. */
export type RedisReason = keyof typeof meanings | "unavailable";

/** Redis up to version 6 wraps a refusal inside a script in another error. */
const codePattern = new RegExp(`\\b(${Object.keys(meanings).join("|").toUpperCase()})\\b`);

const isMeaning = (text: string): text is keyof typeof meanings => text in meanings;

/** The reason in an error of ioredis or BullMQ, or in one of its causes. */
export function redisReason(error: unknown): RedisReason {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = codePattern.exec(cause.message)?.[1]?.toLowerCase() ?? "";
    if (isMeaning(code)) return code;
  }
  return "unavailable";
}

/** Whether Redis does not have the database that REDIS_URL names. */
export const isMissingDatabase = (error: unknown): boolean => messageOf(error).includes("DB index is out of range");

/** The reason as a sentence for operators, with Redis's own message. */
export function describeRedisError(error: unknown): string {
  const reason = redisReason(error);
  const message = messageOf(error);
  if (isMissingDatabase(error)) return "REDIS_URL: Redis has no database of this number; see `databases` in redis.conf";
  return reason === "unavailable" ? message : `Redis refuses, because ${meanings[reason]}: ${message}`;
}
