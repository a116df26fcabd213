import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { connectToBroker, encodeBroker } from "./connect-to-broker.ts";

test.for(["::1", "127.0.0.1"])(
  "a broker at %s is reached through the form in which kafkajs splits addresses",
  async (host) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(0, host);
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const broker = `${host.includes(":") ? `[${host}]` : host}:${address.port}`;

    const parts = encodeBroker(broker).split(":");
    expect(parts).toHaveLength(2);
    const connected = Promise.withResolvers<void>();
    const socket = connectToBroker({ host: parts[0] ?? "", port: Number(parts[1]), onConnect: connected.resolve });
    onTestFinished(() => void socket.destroy());
    await connected.promise;
    expect(socket.remotePort).toBe(address.port);
  },
);

test("names and IPv4 addresses are given to kafkajs unchanged", () => {
  expect(["kafka-1.internal:9092", "10.0.0.1:9093"].map(encodeBroker)).toEqual([
    "kafka-1.internal:9092",
    "10.0.0.1:9093",
  ]);
});
