import { join } from "node:path";
import { execa } from "execa";

const root = join(import.meta.dirname, "../..");

/**
 * The folders' imports as a Mermaid flowchart, drawn by dependency-cruiser. `src/shared` and `src/domain` are left out, because
 * almost every folder imports them.
 */
export async function renderLayers(): Promise<string> {
  const { stdout } = await execa(
    process.execPath,
    [
      "--import",
      "./dev/layers/use-typescript-6.mjs",
      "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
      "src",
      "workers",
      "cli",
      "--include-only=^(src|workers|cli)/",
      "--exclude=^src/(shared|domain)/|\\.test\\.ts$",
      "--collapse=^(src/[^/]+|workers|cli)",
      "--output-type=mermaid",
    ],
    { cwd: root },
  );
  return stdout.trim();
}
