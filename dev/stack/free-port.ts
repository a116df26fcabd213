import getPort from "get-port";
import { randomInt } from "node:crypto";

/**
 * Finds a port of 127.0.0.1 that nothing listens on: the first free one of `preferred`, or a random one.
 * Random ones lie below the range the kernel takes for outgoing connections. So the port of a server that was killed is
 * still free when it comes back, and two test runs side by side hardly ever choose the same.
 */
export async function findFreePort(preferred: readonly number[] = []): Promise<number> {
  const random = Array.from({ length: 20 }, () => randomInt(20_000, 32_000));
  return getPort({ host: "127.0.0.1", port: [...preferred, ...random] });
}
