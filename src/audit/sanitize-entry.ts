import { redactSecrets } from "../shared/logger.ts";
import type { AuditEntry } from "./audit-trail.ts";

/** What a client can make as long as it likes is cut: ids from the URL or a token, its user agent. */
const maxTextLength = 256;
const maxUserAgentLength = 512;
const maxContentBytes = 6_000;

/**
 * The entry as it is kept: at most 20 KB, and without the value of whatever has the name of a secret. A `before` or `after`
 * that is too large is left out and says so.
 */
export function sanitizeEntry(entry: AuditEntry): AuditEntry {
  const { actor, targetId, reason, before, after } = entry;
  return {
    ...entry,
    requestId: cut(entry.requestId),
    actor: {
      kind: actor.kind,
      id: cut(actor.id),
      ...(actor.impersonatorId !== undefined && { impersonatorId: cut(actor.impersonatorId) }),
    },
    userAgent: cut(entry.userAgent, maxUserAgentLength),
    ...(targetId !== undefined && { targetId: cut(targetId) }),
    ...(reason !== undefined && { reason: cut(reason) }),
    ...(before !== undefined && { before: boundContent(before) }),
    ...(after !== undefined && { after: boundContent(after) }),
  };
}

const cut = (text: string, longest = maxTextLength) => text.slice(0, longest);

function boundContent(content: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const clean = redactSecrets(content);
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  return bytes <= maxContentBytes ? clean : { omitted: `${bytes} bytes` };
}
