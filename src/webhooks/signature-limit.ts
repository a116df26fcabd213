import { LRUCache } from "lru-cache";

/** Limits the requests of a client whose signatures are wrong, before another of its bodies is read and verified. */
export interface SignatureLimit {
  /** `clientOf` is called only while some client has failed, because it costs more than the check. */
  isExceeded(clientOf: () => string | undefined): boolean;
  /** Counts a request that was rejected. A client that is undefined is unknown and never limited. */
  countRejected(client: string | undefined): void;
}

const windowMs = 60_000;
/** More clients than can matter. Bounds the memory; the client that failed longest ago is forgotten. */
const maxClients = 10_000;

/** Counts in this process, in windows of a minute that begin with a client's first rejected request. 0 requests: no limit. */
export function createSignatureLimit(requestsPerMinute: number): SignatureLimit {
  const rejected = new LRUCache<string, number>({ max: maxClients, ttl: windowMs });
  return {
    isExceeded: (clientOf) => {
      if (rejected.size === 0) return false;
      const client = clientOf();
      return client !== undefined && (rejected.get(client) ?? 0) >= requestsPerMinute;
    },
    countRejected: (client) => {
      if (requestsPerMinute === 0 || client === undefined) return;
      rejected.set(client, (rejected.get(client) ?? 0) + 1, { noUpdateTTL: true });
    },
  };
}
