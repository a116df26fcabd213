import { execa } from "execa";

/** The first of `candidates` that this release of the system has a package for; the first of all if it has none. */
export async function chooseAptPackage(candidates: readonly [string, ...string[]]): Promise<string> {
  for (const candidate of candidates) {
    // The exit code says nothing: it is 0 for a package that another one merely mentions.
    const { stdout } = await execa("apt-cache", ["show", candidate], { reject: false });
    if (stdout) return candidate;
  }
  return candidates[0];
}

/** Installs packages, without questions. Needs root. Throws with apt's own words. */
export async function installWithApt(packages: readonly string[]): Promise<void> {
  await execa("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
    // RUNLEVEL=1 keeps the package from starting a Redis of its own on port 6379, where there is no systemd.
    env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
}

/** Gets the lists of packages anew; a source that does not answer is no reason to give up. */
export async function updateAptLists(): Promise<void> {
  await execa("apt-get", ["update", "-qq"], { reject: false });
}
