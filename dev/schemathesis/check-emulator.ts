import { join } from "node:path";
import { startClerkEmulator } from "clerk-emulator";
import { execa } from "execa";
import { createFreshFolder } from "../stack/folders.ts";
import { installSchemathesis } from "./install-schemathesis.ts";

const configFile = join(import.meta.dirname, "check-emulator.toml");

/** The first parts of the paths that the emulator answers. */
const served = ["users", "sessions", "email_addresses", "sign_in_tokens", "jwks", "instance"];

/**
 * Checks the Clerk emulator against Clerk's own OpenAPI document (`openApi`: a file or an address; Clerk publishes it in
 * github.com/clerk/openapi-specs). Schemathesis sends valid and invalid requests and compares each answer with the document. `args` are passed to the
 * command `schemathesis run`. Resolves with its exit code.
 */
export async function checkEmulator(openApi: string, args: readonly string[]): Promise<number> {
  const program = await installSchemathesis();
  await using started = new AsyncDisposableStack();
  const emulator = await startClerkEmulator();
  started.defer(emulator.stop);
  const user = emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  const session = emulator.dashboard.signIn(user.id);
  const [address] = user.email_addresses;
  const options = ["--config-file", configFile, "run", openApi, "--url", `${emulator.url}/v1`];
  const selected = ["--include-path-regex", `^/(${served.join("|")})(/|$)`];
  const { exitCode = 1 } = await execa(program, [...options, ...selected, ...args], {
    cwd: await createFreshFolder(),
    stdio: "inherit",
    reject: false,
    env: {
      SECRET_KEY: emulator.secretKey,
      USER_ID: user.id,
      SESSION_ID: session.id,
      EMAIL_ADDRESS_ID: address?.id ?? "",
    },
  });
  return exitCode;
}
