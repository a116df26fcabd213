import { createRequire } from "node:module";

export type Method = (this: object, asked: unknown) => Promise<unknown>;

const isMethod = (value: unknown): value is Method => typeof value === "function";
const wrapped = new Set<string>();

/**
 * Wraps a method of one of kafkajs's own classes, once in a process. kafkajs offers no way to do this, and as it is not
 * maintained its insides do not move; where there is no such method (any more), nothing is changed.
 */
export function wrapKafkajs(module: "broker" | "cluster", name: string, wrap: (original: Method) => Method): void {
  if (wrapped.has(name)) return;
  wrapped.add(name);
  const found: unknown = createRequire(import.meta.url)(`kafkajs/src/${module}`);
  const prototype: unknown = typeof found === "function" ? found.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) return;
  const original: unknown = Reflect.get(prototype, name);
  if (isMethod(original)) Reflect.set(prototype, name, wrap(original));
}
