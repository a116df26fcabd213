import { connect, isIP, type Socket } from "node:net";
import { connect as connectWithTls } from "node:tls";
import type { ISocketFactoryArgs } from "kafkajs";

const keepAliveDelayMs = 60_000;
/** kafkajs splits an address at its first colon, so an IPv6 address is given to it as a name without one. */
const suffix = ".ipv6-literal";

/** The form in which kafkajs gets an address from KAFKA_BROKERS. */
export const encodeBroker = (broker: string): string =>
  broker.replace(/^\[(.*)\]/, (_, address: string) => address.replaceAll(":", "-") + suffix);

const decodeHost = (host: string): string =>
  host.endsWith(suffix) ? host.slice(0, -suffix.length).replaceAll("-", ":") : host;

/** kafkajs passes nothing, or `false`, without TLS. */
type ConnectOptions = Omit<ISocketFactoryArgs, "ssl"> & { readonly ssl?: ISocketFactoryArgs["ssl"] | false | null };

/** Connects to a broker as kafkajs does by default, and to IPv6 addresses. The `socketFactory` of kafkajs. */
export function connectToBroker({ host: encoded, port, ssl, onConnect }: ConnectOptions): Socket {
  const host = decodeHost(encoded);
  const socket = ssl
    ? connectWithTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  return socket.setKeepAlive(true, keepAliveDelayMs);
}
