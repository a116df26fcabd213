/// <reference lib="esnext.disposable" />
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from "kafkajs";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { reserveKafka } from "../private-servers.ts";
import { createKafka } from "./read-topic.ts";

const [username, password] = ["bridge", "correct horse"];

export interface Right {
  readonly resource: "TOPIC" | "GROUP" | "TRANSACTIONAL_ID" | "CLUSTER";
  /** Names of resources begin with it; for the cluster, its one name. */
  readonly prefix: string;
  /** For example `READ`. */
  readonly operations: readonly string[];
}

/** A Kafka with a user of its own (SASL PLAIN) who has no right at first. The plain address grants every right. */
export interface GuardedKafka extends AsyncDisposable {
  /** The address that asks for the user. */
  readonly guardedBrokers: readonly string[];
  readonly plainBrokers: readonly string[];
  /** The variables with which the bridge signs in as the user. */
  readonly variables: Readonly<Record<string, string>>;
  grant(rights: readonly Right[]): Promise<void>;
}

export async function startGuardedKafka(): Promise<GuardedKafka> {
  const port = await findFreePort();
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`;
  await using resources = new AsyncDisposableStack();
  const reserved = resources.use(
    await reserveKafka({
      guardedListeners: [{ protocol: "SASL_PLAINTEXT", port }],
      properties: {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": login,
      },
    }),
  );
  const { brokers } = await reserved.start();
  const owned = resources.move();
  return {
    guardedBrokers: [`127.0.0.1:${port}`],
    plainBrokers: brokers,
    variables: { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password },
    grant: (rights) => grant(brokers, rights),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function grant(brokers: readonly string[], rights: readonly Right[]): Promise<void> {
  const admin = createKafka(brokers).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: rights.flatMap(({ resource, prefix, operations }) =>
        operations.map((operation) => ({
          resourceType: AclResourceTypes[resource],
          resourceName: prefix,
          resourcePatternType: resource === "CLUSTER" ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
          principal: `User:${username}`,
          host: "*",
          operation: operationOf(operation),
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    });
  } finally {
    await admin.disconnect();
  }
}

function operationOf(name: string): AclOperationTypes {
  const found = Object.entries(AclOperationTypes).find(([key]) => key === name)?.[1];
  if (typeof found !== "number") throw new Error(`Kafka has no operation ${name}`);
  return found;
}
