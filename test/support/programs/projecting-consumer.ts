// A consumer for a test of the projection: keeps a table in PGlite and kills itself at one step, numbered from its start.
import {
  createUserProjection,
  createPostgresStore,
  startUserProjection,
  type UserStore,
} from "@clerk-kafka-bridge/consumer";
import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
import { PGlite } from "@electric-sql/pglite";
import { Kafka, logLevel } from "kafkajs";
import { z } from "zod";

const settings = z
  .object({
    BROKERS: z.string(),
    EVENTS_TOPIC: z.string(),
    STATE_TOPIC: z.string(),
    FOLDER: z.string(),
    DIE_AT: z.coerce.number(),
  })
  .parse(process.env);

let steps = 0;
const step = (): void => {
  steps += 1;
  if (steps === settings.DIE_AT) process.kill(process.pid, "SIGKILL");
};

const database = await PGlite.create(settings.FOLDER);
const stored = createPostgresStore({
  transaction: (work) => database.transaction((tx) => work((text, values) => tx.query(text, values))),
});
await stored.createTables();
// Every row that was ever written, to find out whether a change is written twice.
await database.exec("CREATE TABLE IF NOT EXISTS writes (id text, sequence bigint)");

/** A step before and after everything that the store does. */
const store: UserStore = {
  ...stored,
  transaction: async (work) => {
    step();
    const result = await stored.transaction(async (transaction) => {
      const done = await work({
        ...transaction,
        write: async (rows) => {
          await transaction.write(rows);
          for (const { userId, sequence } of rows) {
            await transaction.query("INSERT INTO writes VALUES ($1, $2)", [userId, sequence]);
          }
        },
      });
      step();
      return done;
    });
    step();
    return result;
  },
  beginResync: async () => {
    const run = await stored.beginResync();
    step();
    return run;
  },
  endResync: async (run) => {
    step();
    return await stored.endResync(run);
  },
};

const projection = createUserProjection({ store });
const kafka = new Kafka({ clientId: "projection", brokers: settings.BROKERS.split(","), logLevel: logLevel.NOTHING });
const running = await startUserProjection({
  projection,
  source: createKafkajsSource(kafka, { sessionTimeout: 2000, heartbeatInterval: 300, maxWaitTimeInMs: 100 }),
  groupId: `${settings.EVENTS_TOPIC}.projection`,
  eventsTopic: settings.EVENTS_TOPIC,
  stateTopic: settings.STATE_TOPIC,
  onEvent: async (event) => {
    await projection.onFirstTime(event, () => {});
  },
});
process.once("SIGTERM", () => {
  void running.stop().then(() => database.close());
});
await running.finished;
