// Writes one welcome mail for each new user into the table `mails`, and sends what is in it.
import { createPostgresStore, createUserProjection, startUserProjection } from "@clerk-kafka-bridge/consumer";
import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
import { PGlite } from "@electric-sql/pglite";
import { Kafka, logLevel } from "kafkajs";
import { z } from "zod";

const settings = z
  .object({
    KAFKA_BROKERS: z.string().default("127.0.0.1:9092"),
    KAFKA_EVENTS_TOPIC: z.string().default("user.events"),
    KAFKA_STATE_TOPIC: z.string().default("user.state"),
    KAFKA_GROUP_ID: z.string().default("example-welcome-mail"),
    DATA_FOLDER: z.string().default("data"),
  })
  .parse(process.env);

/** Users of `backfill` existed before the bridge. An older event is read only because this program starts for the first time. */
const isNew = ({ origin, occurredAt }: { readonly origin: string; readonly occurredAt: Date }) =>
  origin !== "backfill" && Date.now() - occurredAt.getTime() < 24 * 60 * 60 * 1_000;

const database = await PGlite.create(settings.DATA_FOLDER);
const store = createPostgresStore({
  transaction: (work) => database.transaction((tx) => work((text, values) => tx.query(text, values))),
});
await store.createTables();
await database.exec(`
  CREATE TABLE IF NOT EXISTS mails (message_id text PRIMARY KEY, recipient text NOT NULL, text text NOT NULL, sent_at timestamptz)`);

const mailsSchema = z.array(z.object({ message_id: z.string(), recipient: z.string(), text: z.string() }));

/** A crash between the two steps sends a mail again, with the same Message-ID. Replace the first step by your mail server. */
async function sendMails(): Promise<void> {
  const { rows } = await database.query("SELECT message_id, recipient, text FROM mails WHERE sent_at IS NULL");
  for (const { message_id: messageId, recipient, text } of mailsSchema.parse(rows)) {
    console.log(`To: ${recipient}\nMessage-ID: <${messageId}@example.com>\n\n${text}\n`);
    await database.query("UPDATE mails SET sent_at = now() WHERE message_id = $1", [messageId]);
  }
}

const projection = createUserProjection({ store });
await sendMails();
const running = await startUserProjection({
  projection,
  source: createKafkajsSource(
    new Kafka({
      clientId: "example-welcome-mail",
      brokers: settings.KAFKA_BROKERS.split(","),
      logLevel: logLevel.ERROR,
    }),
  ),
  groupId: settings.KAFKA_GROUP_ID,
  eventsTopic: settings.KAFKA_EVENTS_TOPIC,
  stateTopic: settings.KAFKA_STATE_TOPIC,
  onEvent: async (parsed) => {
    const { event, eventId } = parsed;
    if (event.eventType !== "user.created" || !isNew(parsed)) return;
    const [recipient] = event.data.emailAddress;
    if (recipient === undefined) return;
    // The mail and the memory of it are one transaction, so the table has one mail for each event.
    await projection.onFirstTime(
      parsed,
      async ({ query }) => {
        const text = `Welcome${event.data.firstName && `, ${event.data.firstName}`}!`;
        await query("INSERT INTO mails (message_id, recipient, text) VALUES ($1, $2, $3)", [eventId, recipient, text]);
      },
      { name: "welcome" },
    );
    await sendMails();
  },
});
// npm passes on a Ctrl-C that the terminal has already sent, so the second one must not end the process.
process.on("SIGINT", () => void running.stop());
process.once("SIGTERM", () => void running.stop());
console.log("waiting for new users");
await running.finished;
await database.close();
