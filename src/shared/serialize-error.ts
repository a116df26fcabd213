import { z } from "zod";

/** What the log has of an error. */
export interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  /** A code of Node or of a library, such as `ECONNREFUSED`. */
  readonly code?: string | number;
  /** The name of the Redis command that failed. */
  readonly command?: string;
  readonly cause?: SerializedError | string;
  readonly errors?: readonly (SerializedError | string)[];
}

const maxDepth = 5;
const maxErrors = 10;

/**
 * An error for the log: only the fields that it is known to need. Errors of libraries carry whole requests. Those of ioredis have the
 * arguments of the command, which are users.
 */
export function serializeError(error: unknown, depth = 0): SerializedError | string {
  if (typeof error === "string") return error;
  if (!(error instanceof Error)) return `thrown: ${typeof error}`;
  const { name, cause } = error;
  const { code, command, errors } = fieldsSchema.parse(error);
  const message = withoutArguments(error.message);
  const stack = error.stack?.replace(error.message, () => message);
  const goesOn = depth < maxDepth;
  return {
    type: name,
    message,
    ...(stack !== undefined && { stack }),
    ...(code !== undefined && { code }),
    ...(command !== undefined && { command: command.name }),
    ...(cause !== undefined && goesOn && { cause: serializeError(cause, depth + 1) }),
    ...(errors !== undefined &&
      goesOn && { errors: errors.slice(0, maxErrors).map((each) => serializeError(each, depth + 1)) }),
  };
}

const fieldsSchema = z.object({
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  command: z.object({ name: z.string() }).optional().catch(undefined),
  errors: z.array(z.unknown()).optional().catch(undefined),
});

/** Redis repeats the beginning of the arguments of a command that it does not know. */
const withoutArguments = (message: string): string => message.replace(/, with args beginning with:.*$/s, "");
