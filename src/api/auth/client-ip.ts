import { isIP, SocketAddress } from "node:net";
import { convertIPv6ToBinary } from "hono/utils/ipaddr";

/**
 * The client's address, as far as it can be trusted. `forwardedFor` is `X-Forwarded-For`: each proxy adds the address it
 * was called from at the right, so with `trustedProxies` proxies before us only that many entries from the right are
 * theirs, and what a client wrote itself stands further left and is never read. What is no address there counts as not
 * sent, and the next nearer address is taken. Holds only where nobody but the proxies can reach us.
 */
export function clientIp(socketAddress: string, forwardedFor: string | undefined, trustedProxies: number): string {
  const entries = trustedProxies === 0 ? [] : (forwardedFor ?? "").split(",").slice(-trustedProxies);
  const addresses = [...entries, socketAddress].map(readAddress);
  return addresses.find((address) => address !== undefined) ?? "unknown";
}

/** What counts as one client: an IPv4 address; of IPv6 the /64, as one client has all of it. */
export const clientNetwork = (ip: string): string =>
  isIP(ip) === 6 ? `${(convertIPv6ToBinary(ip) >> 64n).toString(16)}/64` : ip;

/** One spelling for each address: without port, brackets, zone; an IPv4 address that came in IPv6 form is IPv4. */
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
