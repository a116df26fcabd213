import { findFreePort } from "../stack/free-port.ts";

/** The port wanted, or, if something listens there, another one, and says so. */
export async function choosePort(what: string, wanted: number, log: (line: string) => void): Promise<number> {
  const port = await findFreePort([wanted, wanted + 10, wanted + 20, wanted + 30]);
  if (port !== wanted) log(`Port ${wanted} is taken: ${what} uses ${port}.`);
  return port;
}
