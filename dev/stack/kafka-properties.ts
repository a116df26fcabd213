export type KafkaProperties = Readonly<Record<string, string | number | boolean>>;

export type GuardedListener = { readonly protocol: "SASL_PLAINTEXT" | "SASL_SSL" | "SSL"; readonly port: number };

/** A node of a Kafka cluster (KRaft): a broker, a controller or both. */
export type KafkaNode = {
  readonly id: number;
  /** For a broker: the port for clients. */
  readonly port?: number;
  /** For a broker: the port that clients are told to use, for example that of a proxy. Default: `port`. */
  readonly advertisedPort?: number | undefined;
  /** For a broker: listeners with authentication or encryption, beside the plain one. */
  readonly guardedListeners?: readonly GuardedListener[] | undefined;
  /** For a controller: the port for the other nodes. */
  readonly controllerPort?: number;
};

/**
 * The server.properties of `node` in a cluster of `nodes`, with `overrides` last. Internal topics are small and have a replica on every broker.
 * Delays that protect a busy production cluster are shortened.
 */
export function writeKafkaProperties(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  dataDir: string,
  overrides: KafkaProperties = {},
): string {
  const replicas = nodes.filter(({ port }) => port).length;
  const minInSync = Math.min(2, replicas);
  const broker = node.port && `PLAINTEXT://127.0.0.1:${node.port}`;
  const guarded = (node.guardedListeners ?? []).map(({ protocol, port }) => `${protocol}://127.0.0.1:${port}`);
  const controller = node.controllerPort && `CONTROLLER://127.0.0.1:${node.controllerPort}`;
  const properties: KafkaProperties = {
    "process.roles": [broker && "broker", controller && "controller"].filter(Boolean).join(","),
    "node.id": node.id,
    "controller.quorum.voters": nodes
      .filter(({ controllerPort }) => controllerPort)
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    listeners: [broker, ...guarded, controller].filter(Boolean).join(","),
    "listener.security.protocol.map":
      "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
    ...(node.advertisedPort && {
      "advertised.listeners": [`PLAINTEXT://127.0.0.1:${node.advertisedPort}`, ...guarded].join(","),
    }),
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

    // Tests use short sessions, and a single consumer does not have to wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    // A transaction that its producer left open blocks read_committed consumers, so check for them often.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    // A killed broker can register again only when its old session has ended.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,

    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    ...overrides,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
