import { execa } from "execa";
import { chmod, chown, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { Pool } from "pg";
import { onTestFinished } from "vitest";
import { createFreshFolder } from "../../dev/stack/folders.ts";
import { findFreePort } from "../../dev/stack/free-port.ts";
import { installUnless } from "../../dev/stack/install-with-apt.ts";
import { spawnTied } from "../../dev/stack/spawn-tied.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";

/** Starts a PostgreSQL server on a free port of the loopback address; ends with the test. Installs it on Debian and Ubuntu as root. */
export async function startPostgres(): Promise<{ readonly url: string; readonly pool: Pool }> {
  const programs = await findPrograms();
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const data = join(folder, "data");

  // PostgreSQL refuses to run as root.
  const isRoot = userInfo().uid === 0;
  const prefix = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["env"];
  const [command = "env", ...args] = prefix;
  if (isRoot) {
    const { stdout: uid } = await execa("id", ["-u", "postgres"]);
    const { stdout: gid } = await execa("id", ["-g", "postgres"]);
    await chown(folder, Number(uid), Number(gid));
  }
  await chmod(folder, 0o700);
  await execa(command, [...args, join(programs, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], {
    cwd: "/",
  });

  const port = await findFreePort();
  const server = spawnTied(
    command,
    [...args, join(programs, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", "", "-c", "fsync=off"],
    { logFile: join(folder, "log"), cwd: "/", env: { PATH: process.env["PATH"] } },
  );
  onTestFinished(server.stop);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const pool = new Pool({ connectionString: url });
  pool.on("error", () => {}); // A pool reports every idle connection that the server ends.
  onTestFinished(() => pool.end());
  await waitFor("PostgreSQL accepts connections", () => pool.query("SELECT 1"), {
    deadlineMs: 30_000,
    intervalMs: 50,
  });
  return { url, pool };
}

/** The folder of Debian's programs, or of those in the path. */
async function findPrograms(): Promise<string> {
  const find = ["-c", "ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb"];
  await installUnless(["sh", ...find], ["postgresql"]);
  const { stdout } = await execa("sh", find);
  return dirname(String(stdout.split("\n").at(-1)));
}
