import { headerNames } from "@clerk-kafka-bridge/events";
import { html } from "hono/html";
import { z } from "zod";
import { parseEvent, type SeenEvent } from "../../../inspection/inspect-user.ts";
import { maskPersonalData } from "../../../inspection/mask-personal-data.ts";
import type { TopicRecord } from "../../../kafka/consuming/follow-topic.ts";
import { compactJson, type Html, timeOf } from "../render-page.ts";

export const eventFilterSchema = z.object({
  type: z.enum(["", "user.created", "user.updated", "user.deleted"]).catch(""),
  origin: z.string().max(40).catch("").default(""),
});
export type EventFilter = z.infer<typeof eventFilterSchema>;

export const maxShown = 200;

/** The newest events that pass the filter, newest first; the live tail adds more on top. */
export const eventsPage = (events: readonly SeenEvent[] | string, { type, origin }: EventFilter): Html => html`
  <form method="get" action="/console/events" class="search">
    <label for="type">Type</label>
    <select id="type" name="type">
      ${["", "user.created", "user.updated", "user.deleted"].map(
        (value) =>
          html`<option value="${value}" ${value === type ? html`selected` : ""}>
            ${value === "" ? "all" : value}
          </option>`,
      )}
    </select>
    <label for="origin">Origin</label>
    <select id="origin" name="origin">
      ${["", "webhook", "api", "reconciliation", "backfill", "restore"].map(
        (value) =>
          html`<option value="${value}" ${value === origin ? html`selected` : ""}>
            ${value === "" ? "all" : value}
          </option>`,
      )}
    </select>
    <button>Filter</button>
  </form>
  <p id="stream" role="status"></p>
  ${
    typeof events === "string"
      ? html`<p class="bad">Kafka is unavailable: ${events}</p>`
      : html`<div class="scroll" role="region" aria-label="Events" tabindex="0">
            <table>
              <caption>
                Events, newest first
              </caption>
              <thead>
                <tr>
                  <th scope="col">Stored</th>
                  <th scope="col">Type</th>
                  <th scope="col">User</th>
                  <th scope="col">Origin</th>
                  <th scope="col">What changed</th>
                </tr>
              </thead>
              <tbody id="events" data-live="/console/events/live?type=${type}&origin=${origin}">
                ${events.map(eventRow)}
              </tbody>
            </table>
          </div>
          ${events.length === 0 ? html`<p id="empty">No event yet.</p>` : ""}`
  }
`;

export const eventRow = ({ event, origin, storedAt, offset, partition }: SeenEvent): Html => html`
  <tr data-event="${partition}-${offset}">
    <td>${timeOf(storedAt)}</td>
    <td class="${event.eventType.replace(".", "-")}">${event.eventType}</td>
    <td class="id"><a href="/console/users/${encodeURIComponent(event.data.id)}">${event.data.id}</a></td>
    <td>${origin}</td>
    <td>${compactJson(maskPersonalData("changes" in event.data ? event.data.changes : event.data))}</td>
  </tr>
`;

/** The events among records of the topic that pass the filter. */
export const eventsOf = (records: readonly TopicRecord[], filter: EventFilter): SeenEvent[] =>
  records.flatMap(({ value, headers, partition, offset, timestamp }) => {
    const event = parseEvent(value);
    const origin = headers[headerNames.origin] ?? "";
    if (event === undefined) return [];
    if (filter.type !== "" && event.eventType !== filter.type) return [];
    if (filter.origin !== "" && origin !== filter.origin) return [];
    const sequence = Number(headers[headerNames.sequence] ?? 0);
    return [{ event, origin, sequence, partition, offset: String(offset), storedAt: timestamp }];
  });
