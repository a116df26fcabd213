import type { Metadata } from "../resources/user.ts";

/** Deep merge: objects are merged key by key, everything else is replaced, `null` removes a key at any depth. */
export function mergeMetadata(current: Metadata, change: Metadata): Metadata {
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(change ?? {})) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) ? mergeMetadata(isObject(before) ? before : {}, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
