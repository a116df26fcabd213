/** The environment cannot be used. The message has one line for each variable, and never a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The program cannot start, and waiting does not help. The message tells the operator what to do; a stack would hide it. */
export class StartUpError extends Error {
  override readonly name: string = "StartUpError";
}

/** The message of what was thrown. Of an error whose handling failed too, the first one's, which is the cause of both. */
export function messageOf(error: unknown): string {
  if (error instanceof SuppressedError) return messageOf(error.suppressed);
  return error instanceof Error ? error.message : String(error);
}
