import { styleText } from "node:util";
import type { UserEvent } from "../../src/domain/user-events.ts";

const colours = { "user.created": "green", "user.updated": "yellow", "user.deleted": "red" } as const;

/** One line for one event: when it was read, what it is, how long after the change it came, and what it says. */
export function writeEventLine(event: UserEvent, readAt: Date): string {
  const { id, ...content } = event.data;
  const said = "changes" in content ? content.changes : content;
  return [
    styleText("dim", readAt.toISOString().slice(11, 23)),
    styleText(colours[event.eventType], event.eventType),
    styleText("bold", id),
    JSON.stringify(said),
    styleText("dim", writeDelay(readAt.getTime() - Date.parse(event.timestamp))),
  ].join("  ");
}

function writeDelay(ms: number): string {
  return ms < 10_000 ? `+${Math.max(0, ms)} ms` : "";
}
