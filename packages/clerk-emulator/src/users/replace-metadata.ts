import { z } from "zod";
import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";
import { checkMetadataSizes } from "./check-metadata-sizes.ts";
import { metadata } from "./user-fields.ts";

export const replaceMetadataParams = z.strictObject({
  public_metadata: metadata.nullish(),
  private_metadata: metadata.nullish(),
  unsafe_metadata: metadata.nullish(),
});

/** Puts each kind of metadata that is named in place of the old one, `null` included; the others stay as they are. */
export function replaceMetadata(
  instance: Instance,
  userId: string,
  params: z.output<typeof replaceMetadataParams>,
): ClerkUser {
  const user = instance.users.require(userId);
  const { public_metadata: shown, private_metadata: hidden, unsafe_metadata: unsafe } = user.snapshot;
  const replaced = {
    public_metadata: params.public_metadata === undefined ? shown : params.public_metadata,
    private_metadata: params.private_metadata === undefined ? hidden : params.private_metadata,
    unsafe_metadata: params.unsafe_metadata === undefined ? unsafe : params.unsafe_metadata,
  };
  checkMetadataSizes(replaced);
  return presentUser(changeUser(instance, user, replaced), instance.now());
}
