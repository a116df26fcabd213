import { createRequire } from "node:module";
import { z } from "zod";
import { StartUpError } from "../../shared/errors.ts";

export type Method = (this: object, request: unknown) => Promise<unknown>;
type Internals = "broker" | "cluster";

/** The version that the patches were written for and are tested with. */
const patchedVersion = "2.2.4";

/** The methods that the patches wrap. Each takes one parameter, an object. */
const patchedMethods: Readonly<Record<Internals, readonly string[]>> = {
  broker: ["addPartitionsToTxn", "endTxn", "findGroupCoordinator", "produce"],
  cluster: ["findGroupCoordinatorMetadata"],
};

/** Loads a part of kafkajs, as `require` does. */
type Load = (path: string) => unknown;
const loadKafkajs: Load = createRequire(import.meta.url);

const packageSchema = z.object({ version: z.string() });
const isMethod = (value: unknown): value is Method => typeof value === "function";
const wrapped = new Set<string>();

/**
 * Checks that every patch can be applied. The guarantee depends on the patches, so a program that uses Kafka calls this before it
 * connects. Throws a {@link StartUpError} for another version of kafkajs, and for a method that is missing or has another
 * number of parameters.
 */
export function assertKafkajsCanBePatched(load: Load = loadKafkajs): void {
  const { version } = packageSchema.parse(load("kafkajs/package.json"));
  if (version !== patchedVersion) {
    throw new StartUpError(
      `kafkajs ${version} is installed, and this release needs kafkajs ${patchedVersion}: install from the lock file (npm ci)`,
    );
  }
  for (const internals of ["broker", "cluster"] as const) {
    for (const name of patchedMethods[internals]) findMethod(load, internals, name);
  }
}

/** Wraps a method of one of kafkajs's own classes, once in a process. Throws a {@link StartUpError} when it cannot be wrapped. */
export function wrapMethod(internals: Internals, name: string, wrap: (original: Method) => Method): void {
  if (wrapped.has(name)) return;
  const { prototype, method } = findMethod(loadKafkajs, internals, name);
  Reflect.set(prototype, name, wrap(method));
  wrapped.add(name);
}

function findMethod(load: Load, internals: Internals, name: string): { prototype: object; method: Method } {
  const found = load(`kafkajs/src/${internals}`);
  const prototype: unknown = typeof found === "function" ? found.prototype : undefined;
  const method: unknown =
    typeof prototype === "object" && prototype !== null ? Reflect.get(prototype, name) : undefined;
  if (typeof prototype !== "object" || prototype === null || !isMethod(method)) {
    throw new StartUpError(`kafkajs has no method ${name} in its ${internals}: install from the lock file (npm ci)`);
  }
  if (method.length !== 1) {
    throw new StartUpError(
      `kafkajs's ${internals}.${name} takes ${method.length} parameters instead of 1: install from the lock file (npm ci)`,
    );
  }
  return { prototype, method };
}
