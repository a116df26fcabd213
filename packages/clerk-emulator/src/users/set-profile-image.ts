import type { Instance } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { changeUser } from "./change-user.ts";

/** Gives a user an image of its own (its bytes are not kept, only its address is made up), or takes it away. */
export function setProfileImage(instance: Instance, userId: string, hasImage: boolean): ClerkUser {
  const user = instance.users.require(userId);
  const url = `https://img.clerk.com/${hasImage ? instance.makeId("img") : userId}`;
  const changed = changeUser(instance, user, { has_image: hasImage, image_url: url, profile_image_url: url });
  return presentUser(changed, instance.now());
}
