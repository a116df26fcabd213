import type { ClerkApi } from "../client/clerk-api.ts";

const pageSize = 100;
/** More pages than any user has. Bounds the loop should Clerk's list not shrink. */
const maxPages = 10;

/**
 * Ends a user's active sessions, except the one with the id `except`. Always reads the first page, because a revoked session leaves the
 * list. Returns the number of revoked sessions. Throws what {@link ClerkApi} throws.
 */
export async function revokeSessions(
  clerk: Pick<ClerkApi, "read" | "write">,
  userId: string,
  { except }: { readonly except?: string | undefined } = {},
): Promise<number> {
  let revoked = 0;
  for (let page = 0; page < maxPages; page += 1) {
    const { data } = await clerk.read("sessions.list", ({ sessions }) =>
      sessions.getSessionList({ userId, status: "active", limit: pageSize }),
    );
    const ended = data.filter(({ id }) => id !== except);
    await Promise.all(
      ended.map(({ id }) => clerk.write("sessions.revoke", ({ sessions }) => sessions.revokeSession(id))),
    );
    revoked += ended.length;
    if (data.length < pageSize) break;
  }
  return revoked;
}
