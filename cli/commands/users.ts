import type { Command } from "commander";
import { createUserReader, type UserReader } from "../../src/clerk/users/read-user.ts";
import { writeSnapshot } from "../../src/reconciliation/compare/queue-missed.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { type CliContext, runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";

/** `bridge users restore`: publishes users again that were published as deleted although Clerk has them. */
export function addUsersCommand(program: Command): void {
  const users = program.command("users").description("repair the published state of single users");
  addJsonOption(users.command("restore <ids...>"))
    .description("publish user.created again for users that Clerk has and the bridge has published as deleted")
    .action((ids: string[], options: JsonOption) =>
      runCommand(options, async (context) => {
        const { clerk, instance } = context.openClerk();
        const readUser = createUserReader(clerk, instance, {
          eventFields: context.config.eventFields,
          now: Date.now,
        });
        const results = [];
        for (const id of ids) {
          const restored = await restore(context, readUser, id);
          context.print(`${id}  ${restored.note}`);
          results.push({ id, ...restored });
        }
        context.result(results);
        return results.some(({ outcome }) => outcome === "refused") ? exitCodes.problems : exitCodes.ok;
      }),
    );
}

interface Restored {
  readonly outcome: "queued" | "refused";
  readonly note: string;
}

const refused = (note: string): Restored => ({ outcome: "refused", note });

/** Queues Clerk's present state of the user. The owner of the shard publishes it, if the user is still published as deleted. */
async function restore(
  { shardOf, viewShard, queues }: CliContext,
  readUser: UserReader,
  userId: string,
): Promise<Restored> {
  const shard = shardOf(userId);
  const { states } = await viewShard(shard).read([userId]);
  if (states.get(userId)?.status !== "deleted") return refused("is not published as deleted");
  const answer = await readUser(userId);
  switch (answer.outcome) {
    case "missing":
      return refused("does not exist in Clerk");
    case "unavailable":
      return refused(`cannot be read from Clerk: ${answer.reason}`);
    case "found": {
      const { data, fields, readAt } = answer;
      const user = { id: userId, updatedAt: Number(data["updated_at"]), data, ...(fields && { fields }) };
      await queues.add(shard, writeSnapshot(user, "restore", "user.created", readAt));
      return { outcome: "queued", note: "queued" };
    }
  }
}
