/** A node of a Kafka cluster (KRaft): a broker, a controller or both. */
export type KafkaNode = {
  readonly id: number;
  /** Of a broker: where clients connect. */
  readonly port?: number;
  /** Of a broker: where clients are told to find it, as behind a proxy; default `port`. */
  readonly advertisedPort?: number | undefined;
  /** Of a controller: where the other nodes find it. */
  readonly controllerPort?: number;
};

/**
 * The server.properties of `node` in a cluster of `nodes`. Internal topics are small and have a replica on every broker;
 * waits that protect a busy production cluster are cut short.
 */
export function writeKafkaProperties(node: KafkaNode, nodes: readonly KafkaNode[], dataDir: string): string {
  const replicas = nodes.filter(({ port }) => port).length;
  const minInSync = Math.min(2, replicas);
  const broker = node.port && `PLAINTEXT://127.0.0.1:${node.port}`;
  const controller = node.controllerPort && `CONTROLLER://127.0.0.1:${node.controllerPort}`;
  const properties: Record<string, string | number | boolean> = {
    "process.roles": [broker && "broker", controller && "controller"].filter(Boolean).join(","),
    "node.id": node.id,
    "controller.quorum.voters": nodes
      .filter(({ controllerPort }) => controllerPort)
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    listeners: [broker, controller].filter(Boolean).join(","),
    ...(node.advertisedPort && { "advertised.listeners": `PLAINTEXT://127.0.0.1:${node.advertisedPort}` }),
    "log.dirs": dataDir,
    "auto.create.topics.enable": false,
    "default.replication.factor": replicas,
    "min.insync.replicas": minInSync,

    "offsets.topic.num.partitions": 5,
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.num.partitions": 5,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": minInSync,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": minInSync,

    // Tests use short sessions, and a lone consumer need not wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    // A transaction that its producer left open holds back read_committed consumers: look for such often.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    // A broker that was killed may register again only once its old session has ended.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,

    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
