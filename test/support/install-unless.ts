import { execa } from "execa";
import { userInfo } from "node:os";
import { installWithApt, updateAptLists } from "../../dev/stack/install-with-apt.ts";

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
