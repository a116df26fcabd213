import type { AuditEntry } from "./audit-record.ts";
import type { AuditTrail } from "./audit-trail.ts";

/** Records denials, which strangers can cause in any number. */
export interface DenialTrail extends AuditTrail {
  /** Records what is still being counted. Call it before the process ends. */
  stop(): Promise<void>;
}

const windowMs = 60_000;
/** Kinds of denials in one minute, each with entries of its own. Further ones share an entry. */
const maxKinds = 200;

interface Repeats {
  readonly entry: AuditEntry;
  count: number;
}

/**
 * Records the first denial of a kind at once, and at the end of the minute one entry with the number of its repeats. Denials are of one kind
 * when their action, actor, target, address, reason and operation are the same. A flood of different ones is recorded by its number only.
 */
export function startDenialTrail(audit: AuditTrail): DenialTrail {
  const kinds = new Map<string, Repeats>();
  const flush = async () => {
    const repeated = [...kinds.values()].filter(({ count }) => count > 0);
    kinds.clear();
    await Promise.all(repeated.map(({ entry, count }) => audit.record({ ...entry, count })));
  };
  const timer = setInterval(() => void flush(), windowMs).unref();
  return {
    record: async (entry) => {
      const kind = kindOf(entry);
      const known = kinds.get(kind);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      if (kinds.size < maxKinds) {
        kinds.set(kind, { entry, count: 0 });
        await audit.record(entry);
        return;
      }
      const others = kinds.get(entry.action) ?? { entry: withoutDetails(entry), count: 0 };
      others.count += 1;
      kinds.set(entry.action, others);
    },
    stop: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}

const kindOf = ({ action, actor, targetId, ip, reason, after }: AuditEntry) =>
  JSON.stringify([action, actor.kind, actor.id, targetId, ip, reason, after]);

const withoutDetails = ({ at, action, outcome }: AuditEntry): AuditEntry => ({
  at,
  action,
  outcome,
  requestId: "",
  actor: { kind: "anonymous", id: "several" },
  ip: "",
  userAgent: "",
  reason: "several",
});
