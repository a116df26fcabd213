import type { Metadata, ClerkUser } from "../resources/user.ts";
import { z } from "zod";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/user-directory.ts";
import { changeUser } from "./change-user.ts";
import { checkMetadataSizes } from "./check-user.ts";
import { metadata } from "./check-user.ts";

/** Deep merge: objects are merged key by key, everything else is replaced, `null` removes a key at any depth. */
function mergeMetadata(current: Metadata, change: Metadata): Metadata {
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

export const replaceMetadataParams = z.strictObject({
  public_metadata: metadata.nullish(),
  private_metadata: metadata.nullish(),
  unsafe_metadata: metadata.nullish(),
});

/** Replaces each given kind of metadata; `null` empties it. The other kinds stay unchanged. */
export function replaceMetadata(
  instance: Instance,
  userId: string,
  params: z.output<typeof replaceMetadataParams>,
): ClerkUser {
  const user = instance.users.require(userId);
  const { public_metadata: shown, private_metadata: hidden, unsafe_metadata: unsafe } = user.snapshot;
  const replaced = {
    public_metadata: params.public_metadata === undefined ? shown : (params.public_metadata ?? {}),
    private_metadata: params.private_metadata === undefined ? hidden : params.private_metadata,
    unsafe_metadata: params.unsafe_metadata === undefined ? unsafe : (params.unsafe_metadata ?? {}),
  };
  checkMetadataSizes(replaced);
  return presentUser(changeUser(instance, user, replaced), instance.now());
}

export const updateMetadataParams = z.strictObject({
  public_metadata: metadata.optional(),
  private_metadata: metadata.optional(),
  unsafe_metadata: metadata.optional(),
});

/** Merges into each given kind of metadata. The other kinds stay unchanged. */
export function updateMetadata(
  instance: Instance,
  userId: string,
  params: z.output<typeof updateMetadataParams>,
): ClerkUser {
  const user = instance.users.require(userId);
  const { public_metadata: shown, private_metadata: hidden, unsafe_metadata: unsafe } = user.snapshot;
  const merged = {
    public_metadata: params.public_metadata === undefined ? shown : mergeMetadata(shown, params.public_metadata),
    private_metadata: params.private_metadata === undefined ? hidden : mergeMetadata(hidden, params.private_metadata),
    unsafe_metadata: params.unsafe_metadata === undefined ? unsafe : mergeMetadata(unsafe, params.unsafe_metadata),
  };
  checkMetadataSizes(merged);
  return presentUser(changeUser(instance, user, merged), instance.now());
}
