import { z } from "zod";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";
import { checkMetadataSizes } from "./check-metadata-sizes.ts";
import { mergeMetadata } from "./merge-metadata.ts";
import { metadata } from "./user-fields.ts";

export const updateMetadataParams = z.strictObject({
  public_metadata: metadata.optional(),
  private_metadata: metadata.optional(),
  unsafe_metadata: metadata.optional(),
});

/** Merges into each kind of metadata that is named; the others stay as they are. */
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
