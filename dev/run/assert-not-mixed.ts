/**
 * Throws when an emulated Clerk would put its users into servers that the environment names: they may be real ones. `isAsked`: the developer
 * wants just that.
 */
export function assertNotMixed(env: NodeJS.ProcessEnv, isAsked: boolean): void {
  const given = ["REDIS_URL", "KAFKA_BROKERS"].filter((name) => env[name]);
  if (env["CLERK_SECRET_KEY"] || given.length === 0 || isAsked) return;
  throw new Error(
    `${given.join(" and ")} ${given.length === 1 ? "is" : "are"} set and CLERK_SECRET_KEY is not: the users of the Clerk emulator would get into these servers.\n` +
      `Unset ${given.join(" and ")}, set CLERK_SECRET_KEY, or run \`npm run dev -- --emulator\` to do it nevertheless.`,
  );
}
