import { redisAddressSchema } from "../../src/redis/redis-address.ts";
import { acceptsConnections } from "./accepts-connections.ts";

export type GivenServers = {
  redisUrl?: string;
  kafkaBrokers?: string[];
};

/** What REDIS_URL and KAFKA_BROKERS name, each left out if it is not set or, which is logged, does not answer. */
export async function findGivenServers(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<GivenServers> {
  const given: GivenServers = {};
  const redisUrl = env["REDIS_URL"];
  if (redisUrl && redisAddressSchema.safeParse(redisUrl).data?.kind !== "single") {
    log("REDIS_URL names no single server, as development and tests need: another Redis is used.");
  } else if (redisUrl) {
    const { hostname, port } = new URL(redisUrl);
    if (await acceptsConnections(hostname, Number(port || 6379))) given.redisUrl = redisUrl;
    else log(`REDIS_URL names ${hostname}:${port || 6379}, where nothing answers: another Redis is used.`);
  }
  const kafkaBrokers =
    env["KAFKA_BROKERS"]
      ?.split(",")
      .map((broker) => broker.trim())
      .filter(Boolean) ?? [];
  if (kafkaBrokers.length > 0) {
    const answers = await Promise.all(kafkaBrokers.map((broker) => acceptsConnections(...splitBroker(broker))));
    if (answers.includes(true)) given.kafkaBrokers = kafkaBrokers;
    else log(`KAFKA_BROKERS names ${kafkaBrokers.join(",")}, where nothing answers: another Kafka is used.`);
  }
  return given;
}

function splitBroker(broker: string): [host: string, port: number] {
  const { hostname, port } = new URL(`kafka://${broker}`);
  return [hostname, Number(port || 9092)];
}
