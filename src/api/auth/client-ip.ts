import { isIP, SocketAddress } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { ipRestriction } from "hono/ip-restriction";
import { convertIPv6ToBinary } from "hono/utils/ipaddr";
import type { AccessPolicy, ApiEnv } from "../http/api-env.ts";

/**
 * The client's address, as far as it can be trusted. Each proxy appends the address of its caller to `X-Forwarded-For`
 * (`forwardedFor`), so only the last `trustedProxies` entries come from our proxies; entries further left are written by
 * the client and never read. An entry that is not an address is skipped and the next nearer address is taken. This holds
 * only where the proxies are the only way to reach the API.
 */
export function clientIp(socketAddress: string, forwardedFor: string | undefined, trustedProxies: number): string {
  const entries = trustedProxies === 0 ? [] : (forwardedFor ?? "").split(",").slice(-trustedProxies);
  const addresses = [...entries, socketAddress].map(readAddress);
  return addresses.find((address) => address !== undefined) ?? "unknown";
}

/**
 * Identifies the client of a request outside the user API. Undefined for a request that comes through a proxy while none is trusted:
 * its address is that of all clients.
 */
export const createClientOf =
  (trustedProxies: number) =>
  (c: Context): string | undefined => {
    const forwardedFor = c.req.header("x-forwarded-for");
    if (forwardedFor !== undefined && trustedProxies === 0) return undefined;
    return clientNetwork(clientIp(getConnInfo(c).remote.address ?? "", forwardedFor, trustedProxies));
  };

/** The key that identifies one client: an IPv4 address, or the /64 of an IPv6 address, because one client has all of it. */
export const clientNetwork = (ip: string): string =>
  isIP(ip) === 6 ? `${(convertIPv6ToBinary(ip) >> 64n).toString(16)}/64` : ip;

/**
 * A check whether a request's address matches one of `rules` (addresses and CIDRs, matched by Hono's ip-restriction).
 * Without rules every address matches. Throws a TypeError for an invalid rule.
 */
export function createAddressCheck(rules: readonly string[]): AccessPolicy["isAdminAddress"] {
  const restrict = ipRestriction(
    (c: Context<ApiEnv>) => c.get("ip"),
    { allowList: [...rules] },
    (_, c) => c.body(null),
  );
  return async (c) => {
    let allowed = false;
    try {
      await restrict(c, async () => {
        allowed = true;
      });
    } catch {
      return false; // An address that cannot be parsed is on no list.
    }
    return allowed;
  };
}

/** One spelling per address: without port, brackets and zone; an IPv4-mapped IPv6 address becomes IPv4. */
function readAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const bare =
    /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed.replace(/%.*$/, "");
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6: {
      const { address } = new SocketAddress({ address: bare, family: "ipv6" });
      return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
    }
    default:
      return undefined;
  }
}
