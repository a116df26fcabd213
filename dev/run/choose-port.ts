import { findFreePort } from "../stack/free-port.ts";

/** The wanted port, or another one if it is in use, which is logged. */
export async function choosePort(what: string, wanted: number, log: (line: string) => void): Promise<number> {
  const port = await findFreePort([wanted, wanted + 10, wanted + 20, wanted + 30]);
  if (port !== wanted) log(`Port ${wanted} is in use: ${what} uses ${port}.`);
  return port;
}
