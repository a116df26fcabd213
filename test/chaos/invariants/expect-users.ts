import type { User } from "@clerk-kafka-bridge/events";
import type { ClerkUser } from "clerk-emulator";
import type { ExpectedUsers } from "../../support/bridge/find-violations.ts";
import type { ClerkHistory } from "./check-result.ts";

/**
 * The users that consumers must end up with. A user deleted in Clerk is expected as deleted, unless none of the
 * user's messages ever arrived (`wasSeen`). It has its own mapping of Clerk's user, because the bridge's is under test.
 */
export function expectUsers({ users, everMade }: ClerkHistory, wasSeen: (userId: string) => boolean): ExpectedUsers {
  const expected = new Map<string, User | undefined>();
  for (const userId of everMade) if (wasSeen(userId)) expected.set(userId, undefined);
  for (const user of users) expected.set(user.id, consumersViewOf(user));
  return expected;
}

function consumersViewOf(user: ClerkUser): User {
  const isPrimary = ({ id }: { readonly id: string }) => id === user.primary_email_address_id;
  const role = user.public_metadata?.["role"];
  return {
    id: user.id,
    firstName: user.first_name ?? "",
    lastName: user.last_name ?? "",
    username: user.username ?? "",
    emailAddress: [
      ...user.email_addresses.filter(isPrimary),
      ...user.email_addresses.filter((address) => !isPrimary(address)),
    ].map((address) => address.email_address),
    role: typeof role === "string" ? role : "user",
  };
}
