import { execa } from "execa";
import { userInfo } from "node:os";

/** The first of `candidates` that the system's release has; the first one if it has none. */
export async function chooseAptPackage(candidates: readonly [string, ...string[]]): Promise<string> {
  for (const candidate of candidates) {
    // The exit code is useless: it is 0 for a package that another one merely mentions.
    const { stdout } = await execa("apt-cache", ["show", candidate], { reject: false });
    if (stdout) return candidate;
  }
  return candidates[0];
}

/** Installs packages without prompts. Needs root. Throws with apt's own message. */
export async function installWithApt(packages: readonly string[]): Promise<void> {
  await execa("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
    // RUNLEVEL=1 keeps the package from starting its own Redis on port 6379 on a system without systemd.
    env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
}

/** Updates the package lists. Ignores sources that do not answer. */
export async function updateAptLists(): Promise<void> {
  await execa("apt-get", ["update", "-qq"], { reject: false });
}

/** Installs packages of Debian or Ubuntu unless a command succeeds. Without root, throws an error that names them. */
export async function installUnless(works: readonly [string, ...string[]], packages: readonly string[]): Promise<void> {
  const [command, ...args] = works;
  const check = () => execa(command, args, { reject: false });
  if ((await check()).exitCode === 0) return;
  if (userInfo().uid !== 0) throw new Error(`${works.join(" ")} fails: install ${packages.join(" and ")}`);
  await updateAptLists();
  await installWithApt(packages);
  const { exitCode, stderr } = await check();
  if (exitCode !== 0) throw new Error(`${works.join(" ")} fails: ${stderr}`);
}
