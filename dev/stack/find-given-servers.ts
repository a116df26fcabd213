import { redisAddressSchema } from "../../src/redis/redis-address.ts";
import { acceptsConnections } from "./accepts-connections.ts";

export type GivenServers = {
  redisUrl?: string;
  kafkaBrokers?: string[];
};

/** The servers in REDIS_URL and KAFKA_BROKERS. Omits a variable that is not set, or whose server does not answer (logged). */
export async function findGivenServers(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<GivenServers> {
  const given: GivenServers = {};
  const redisUrl = env["REDIS_URL"];
  if (redisUrl && redisAddressSchema.safeParse(redisUrl).data?.kind !== "single") {
    log("REDIS_URL does not name a single server, which development and tests need: another Redis is used.");
  } else if (redisUrl) {
    const { hostname, port } = new URL(redisUrl);
    if (await acceptsConnections(hostname, Number(port || 6379))) given.redisUrl = redisUrl;
    else log(`REDIS_URL names ${hostname}:${port || 6379}, where no server answers: another Redis is used.`);
  }
  const kafkaBrokers =
    env["KAFKA_BROKERS"]
      ?.split(",")
      .map((broker) => broker.trim())
      .filter(Boolean) ?? [];
  if (kafkaBrokers.length > 0) {
    const answers = await Promise.all(kafkaBrokers.map((broker) => acceptsConnections(...splitBroker(broker))));
    if (answers.includes(true)) given.kafkaBrokers = kafkaBrokers;
    else log(`KAFKA_BROKERS names ${kafkaBrokers.join(",")}, where no server answers: another Kafka is used.`);
  }
  return given;
}

function splitBroker(broker: string): [host: string, port: number] {
  const { hostname, port } = new URL(`kafka://${broker}`);
  return [hostname, Number(port || 9092)];
}
