import { z } from "zod";
import { parseChange } from "../../clerk/payloads/parse-change.ts";
import { stateAfter } from "../../domain/decide.ts";
import { type State, stateSchema } from "../../domain/state.ts";
import type { FollowFrom } from "../../kafka/consuming/follow-topic.ts";
import { iterateAllUsers } from "../paging/iterate-users.ts";
import { maxIds, type UserPage } from "../paging/user-page-reader.ts";
import type { ComparisonContext } from "../reconciliation-context.ts";
import type { UserViews } from "./compare-views.ts";
import { writeSnapshot } from "./queue-missed.ts";

export interface VerificationContext extends ComparisonContext {
  readonly readStateRecords: (
    from: FollowFrom,
    onState: (userId: string, state: State | "unreadable") => Promise<void>,
    onRead?: (states: number) => void,
  ) => Promise<void>;
  /** Called with the number of states read so far, of Kafka, the ledger, its index and Clerk together. */
  readonly onProgress?: (read: number) => void;
}

const storedState = z.union([stateSchema, z.literal("unreadable")]);

/** What one source knows of a user. The source is the first element. */
export const viewSchema = z.discriminatedUnion("from", [
  z.object({ from: z.literal("kafka"), state: storedState }),
  z.object({ from: z.literal("ledger"), state: storedState }),
  z.object({ from: z.literal("index"), place: z.string() }),
  z.object({ from: z.literal("clerk"), state: stateSchema }),
  /** Clerk has the user, who cannot be parsed. Such a user is not published either, but is a dead letter. */
  z.object({ from: z.literal("clerk-unreadable"), reason: z.string() }),
]);
type View = z.infer<typeof viewSchema>;

export type AddView = (userId: string, view: View) => Promise<void>;

/** Reads all users of Kafka, the ledgers, their indexes and Clerk, one source after the other. */
export async function collectViews(context: VerificationContext, add: AddView): Promise<void> {
  let read = 0;
  const count = (more: number) => {
    read += more;
    context.onProgress?.(read);
  };
  await context.readStateRecords("beginning", (userId, state) => add(userId, { from: "kafka", state }), count);
  for (let shard = 0; shard < context.shards; shard += 1) {
    const ledger = context.viewShard(shard);
    for await (const entries of ledger.scan()) {
      for (const { userId, state = "unreadable" } of entries) await add(userId, { from: "ledger", state });
      count(entries.length);
    }
    for await (const members of ledger.scanIndex()) {
      for (const { userId, place } of members) await add(userId, { from: "index", place });
      count(members.length);
    }
  }
  for await (const page of iterateAllUsers(context.readPage)) {
    await addPage(context, page, add);
    count(page.users.length);
  }
}

/** Reads some users again. What Kafka had of them before `sinceMs` is in `known`. */
export async function collectAgain(
  context: VerificationContext,
  known: ReadonlyMap<string, UserViews>,
  sinceMs: number,
  add: AddView,
): Promise<void> {
  for (const [userId, { kafka }] of known) {
    if (kafka !== undefined) await add(userId, { from: "kafka", state: kafka });
  }
  await context.readStateRecords({ sinceMs }, async (userId, state) => {
    if (known.has(userId)) await add(userId, { from: "kafka", state });
  });
  const userIds = [...known.keys()];
  for (const [shard, ids] of Map.groupBy(userIds, context.shardOf)) {
    const ledger = context.viewShard(shard);
    const entries = await ledger.find(ids);
    for (const { userId, state = "unreadable" } of entries) await add(userId, { from: "ledger", state });
    const before = ids.map((userId): [string, readonly string[]] => [userId, known.get(userId)?.places ?? []]);
    for (const { userId, place } of await ledger.findIndexed(new Map(before))) {
      await add(userId, { from: "index", place });
    }
  }
  for (let at = 0; at < userIds.length; at += maxIds) {
    await addPage(context, await context.readPage({ order: "none", ids: userIds.slice(at, at + maxIds) }), add);
  }
}

async function addPage(
  { eventFields }: Pick<ComparisonContext, "eventFields">,
  { users, readAt }: UserPage,
  add: AddView,
): Promise<void> {
  for (const user of users) {
    const read = parseChange(writeSnapshot(user, "reconciliation", "user.updated", readAt), eventFields);
    if (read.outcome === "malformed") await add(user.id, { from: "clerk-unreadable", reason: read.reason });
    else if (read.change.kind === "snapshot") {
      await add(user.id, { from: "clerk", state: stateAfter(read.change, 0) });
    }
  }
}

/** All views of one user, with the last one of each source. */
export function combineViews(views: readonly View[]): UserViews {
  const combined: UserViews = {
    clerk: undefined,
    ledger: undefined,
    kafka: undefined,
    places: [],
    unreadable: undefined,
  };
  for (const view of views) {
    switch (view.from) {
      case "kafka":
        combined.kafka = view.state;
        break;
      case "ledger":
        combined.ledger = view.state;
        break;
      case "index":
        if (!combined.places.includes(view.place)) combined.places.push(view.place);
        break;
      case "clerk":
        combined.clerk = view.state.status === "present" ? view.state : undefined;
        break;
      case "clerk-unreadable":
        combined.unreadable = view.reason;
    }
  }
  return combined;
}
