// A Clerk emulator with USERS users on PORT. Their ids go to IDS_FILE, a line each; then the emulator answers.
import { writeFileSync } from "node:fs";
import { startClerkEmulator } from "clerk-emulator";

const { PORT, USERS, SECRET_KEY = "", IDS_FILE = "" } = process.env;

const firstNames = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Radia", "Ken", "Margaret"];
const lastNames = ["Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Allen", "Turing", "Perlman", "Thompson"];
const firstCreatedAt = Date.UTC(2020, 0, 1);

const emulator = await startClerkEmulator({ port: Number(PORT), secretKey: SECRET_KEY });
const ids: string[] = [];
for (let number = 0; number < Number(USERS); number += 1) {
  const { id } = emulator.dashboard.createUser({
    first_name: firstNames[number % firstNames.length] ?? "",
    last_name: `${lastNames[number % lastNames.length]} ${number}`,
    email_address: [`user${number}@example.com`],
    // One user of a hundred.
    ...(number % 100 === 0 && { public_metadata: { role: "admin" } }),
    created_at: new Date(firstCreatedAt + number * 1_000).toISOString(),
  });
  ids.push(id);
}
writeFileSync(IDS_FILE, ids.join("\n"));
process.once("SIGTERM", () => process.exit());
