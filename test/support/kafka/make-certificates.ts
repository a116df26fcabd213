import { generate } from "selfsigned";

/** A certificate with its key (PKCS #8), both PEM. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly authority: Certificate;
  /** For 127.0.0.1. */
  readonly server: Certificate;
  readonly client: Certificate;
}

/** A certificate authority of its own with a certificate for a server and one for a client. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await make("test authority", [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, critical: true },
  ]);
  const server = await make(
    "server",
    [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    authority,
  );
  const client = await make("bridge", [{ name: "extKeyUsage", clientAuth: true }], authority);
  return { authority, server, client };
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>;

async function make(name: string, extensions: Extensions, authority?: Certificate): Promise<Certificate> {
  const options = { algorithm: "sha256", extensions, ...(authority && { ca: authority }) };
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], options);
  return { cert, key };
}
