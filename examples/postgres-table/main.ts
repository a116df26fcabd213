// Keeps the table `clerk_users` in step with Clerk, and prints the row of every changed user.
import { createPostgresStore, createUserProjection, startUserProjection } from "@clerk-kafka-bridge/consumer";
import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
import { Kafka, logLevel } from "kafkajs";
import { z } from "zod";
import { openDatabase } from "./open-database.ts";

const settings = z
  .object({
    KAFKA_BROKERS: z.string().default("127.0.0.1:9092"),
    KAFKA_EVENTS_TOPIC: z.string().default("user.events"),
    KAFKA_STATE_TOPIC: z.string().default("user.state"),
    KAFKA_GROUP_ID: z.string().default("example-postgres-table"),
    DATABASE_URL: z.string().optional(),
    DATA_FOLDER: z.string().default("data"),
  })
  .parse(process.env);

const rowSchema = z.object({
  id: z.string(),
  sequence: z.coerce.number(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.string().nullable(),
  deleted: z.boolean(),
});
const selectUsers = `
  SELECT id, sequence, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) AS name, email, role, deleted
  FROM clerk_users`;

await using database = await openDatabase(settings);
const read = async (sql: string, values: unknown[] = []) =>
  z.array(rowSchema).parse((await database.transaction((query) => query(sql, values))).rows);

const store = createPostgresStore(database);
await store.createTables();
const running = await startUserProjection({
  projection: createUserProjection({ store }),
  source: createKafkajsSource(
    new Kafka({
      clientId: "example-postgres-table",
      brokers: settings.KAFKA_BROKERS.split(","),
      logLevel: logLevel.ERROR,
    }),
  ),
  groupId: settings.KAFKA_GROUP_ID,
  eventsTopic: settings.KAFKA_EVENTS_TOPIC,
  stateTopic: settings.KAFKA_STATE_TOPIC,
  onEvent: async ({ event, userId }) => {
    const rows = await read(`${selectUsers} WHERE id = $1`, [userId]);
    for (const row of rows) console.log(event.eventType, describe(row));
  },
});
// npm passes on a Ctrl-C that the terminal has already sent, so the second one must not end the process.
process.on("SIGINT", () => void running.stop());
process.once("SIGTERM", () => void running.stop());

const users = await read(`${selectUsers} WHERE NOT deleted`);
console.log(`clerk_users has ${users.length} users in ${database.description}`);
await running.finished;

function describe({ id, sequence, name, email, role, deleted }: z.infer<typeof rowSchema>): string {
  const user = deleted ? "(deleted)" : [name, email && `<${email}>`, role].filter(Boolean).join(" ");
  return `${id} #${sequence} ${user}`;
}
