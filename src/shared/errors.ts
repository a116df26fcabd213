/** The environment cannot be used. The message has one line for each variable, and never a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The program cannot start, and waiting does not help. The message tells the operator what to do; a stack would hide it. */
export class StartUpError extends Error {
  override readonly name: string = "StartUpError";
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
