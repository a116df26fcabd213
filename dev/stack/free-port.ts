import getPort from "get-port";
import { randomInt } from "node:crypto";

/**
 * Finds a free port of 127.0.0.1: the first free one of `preferred`, or a random one. Random ports are below the kernel's
 * range for outgoing connections. So the port of a killed server is still free when it restarts, and concurrent test runs
 * rarely choose the same port.
 */
export async function findFreePort(preferred: readonly number[] = []): Promise<number> {
  const random = Array.from({ length: 20 }, () => randomInt(20_000, 32_000));
  return getPort({ host: "127.0.0.1", port: [...preferred, ...random] });
}
