import { execa } from "execa";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryFolder } from "../../dev/stack/folders.ts";

export const packages = ["events", "consumer"] as const;

export interface PackedPackages extends AsyncDisposable {
  /** A project into which the packages are installed. */
  readonly project: string;
  /** The packed file of a package. */
  archiveOf(name: string): string;
}

/** Packs the built packages and installs them into an empty project. Their dependencies are linked, so that no registry is needed. */
export async function packPackages(): Promise<PackedPackages> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-packages-"));
  const project = join(folder, "project");
  const archives = new Map<string, string>();
  const archiveOf = (name: string) => archives.get(name) ?? "";
  for (const name of packages) {
    const built = join(folder, name);
    const installed = join(project, "node_modules/@clerk-kafka-bridge", name);
    await mkdir(installed, { recursive: true });
    await execa(process.execPath, ["dev/build-package.ts", name, built], { cwd: repositoryFolder });
    const { stdout } = await execa("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: built });
    archives.set(name, join(folder, stdout.trim()));
    await execa("tar", ["-xzf", archiveOf(name), "-C", installed, "--strip-components=1"]);
  }
  for (const dependency of ["zod", "kafkajs"]) {
    await symlink(join(repositoryFolder, "node_modules", dependency), join(project, "node_modules", dependency));
  }
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
  return { project, archiveOf, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Uses the contract, and prints the type of an event. It is JavaScript and TypeScript. */
export const contractProgram = `
  import { parseUserEvent } from "@clerk-kafka-bridge/events";
  const data = { id: "user_1", emailAddress: [] };
  const event = { eventId: "3f2c1a50-1111-5222-8333-444455556666", eventType: "user.deleted", timestamp: "2026-01-31T09:30:00Z", data };
  const headers = { ce_sequence: "2", ce_origin: "webhook" };
  const parsed = parseUserEvent({ key: "user_1", value: JSON.stringify(event), headers });
  console.log(parsed.outcome === "event" ? parsed.event.eventType : parsed.reason);
`;

/** Uses the projection, and prints why it refuses a record. */
export const projectionProgram = `
  import { createMemoryStore, createUserProjection } from "@clerk-kafka-bridge/consumer";
  import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
  const store = createMemoryStore();
  const projection = createUserProjection({ store, onInvalid: ({ reason }) => console.log(reason, typeof createKafkajsSource) });
  await projection.apply({ topic: "user.events", partition: 0, offset: 0n, key: "user_1", value: "{}" });
`;
