/// <reference lib="esnext.disposable" />
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { reserveKafka } from "../private-servers.ts";
import { type Certificates, makeCertificates } from "./make-certificates.ts";

export const [username, password] = ["bridge", "correct horse"];

/** A Kafka with every way of authentication. Each session with SASL ends after `reauthenticateMs`. */
export interface SecureKafka extends AsyncDisposable {
  /** PLAIN without TLS. */
  readonly saslBrokers: readonly string[];
  /** SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER with TLS. OAUTHBEARER accepts unsigned tokens. */
  readonly saslTlsBrokers: readonly string[];
  /** TLS that requires a client certificate. */
  readonly mutualTlsBrokers: readonly string[];
  /** Without authentication and TLS. */
  readonly plainBrokers: readonly string[];
  readonly certificates: Certificates;
}

export async function startSecureKafka({ reauthenticateMs }: { reauthenticateMs: number }): Promise<SecureKafka> {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bridge-certificates-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const certificates = await makeCertificates();
  const { authority, server } = certificates;
  await writeFile(join(folder, "server.pem"), server.key + "\n" + server.cert);
  await writeFile(join(folder, "authority.pem"), authority.cert);

  const [sasl, saslTls, mutualTls] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const modules = "org.apache.kafka.common.security";
  const scram = `${modules}.scram.ScramLoginModule required;`;
  const reserved = resources.use(
    await reserveKafka({
      guardedListeners: [
        { protocol: "SASL_PLAINTEXT", port: sasl },
        { protocol: "SASL_SSL", port: saslTls },
        { protocol: "SSL", port: mutualTls },
      ],
      formatArguments: ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
        "--add-scram",
        `${mechanism}=[name=${username},password=${password}]`,
      ]),
      properties: {
        "connections.max.reauth.ms": reauthenticateMs,
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
        "listener.name.sasl_ssl.plain.sasl.jaas.config": `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
        "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.sasl_ssl.oauthbearer.sasl.jaas.config": `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
        "listener.name.sasl_plaintext.sasl.enabled.mechanisms": "PLAIN",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": join(folder, "server.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": join(folder, "authority.pem"),
        "listener.name.ssl.ssl.client.auth": "required",
      },
    }),
  );
  const { brokers } = await reserved.start();
  const owned = resources.move();
  return {
    saslBrokers: [`127.0.0.1:${sasl}`],
    saslTlsBrokers: [`127.0.0.1:${saslTls}`],
    mutualTlsBrokers: [`127.0.0.1:${mutualTls}`],
    plainBrokers: brokers,
    certificates,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
