import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { z } from "zod";
import { type ApiResponse, callApi } from "./call-api.ts";

const responseSchema = z.looseObject({
  content: z.record(z.string(), z.looseObject({ schema: z.unknown() })).optional(),
});
const operationSchema = z.looseObject({
  security: z.array(z.unknown()).optional(),
  responses: z.record(z.string(), responseSchema),
});
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});
type Schema = Readonly<Record<string, unknown>>;

/** The operations and responses of an OpenAPI document. */
export interface Contract {
  /** `GET /api/users/{userId}` and so on. */
  readonly operations: readonly string[];
  needsToken(operation: string): boolean;
  /** The differences between a response and the document, including undocumented fields. Empty if there are none. */
  findBreaches(operation: string, response: ReceivedResponse): string[];
  /** Calls an operation of the API at `url`, and returns the response with its breaches. */
  call(url: string, operation: string, options: ContractCall): Promise<CheckedResponse>;
}

export interface ContractCall {
  /** The path's parameters, each `x1` by default. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** A text body, sent unchanged. */
  readonly text?: string;
}

interface CheckedResponse {
  readonly status: number;
  readonly body: ApiResponse["body"];
  readonly breaches: readonly string[];
}

interface ReceivedResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

export function readContract(document: unknown): Contract {
  const { paths } = documentSchema.parse(closeObjects(document));
  const operations = new Map<string, z.infer<typeof operationSchema>>(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...z.record(z.string(), z.unknown()).parse(closeObjects(document)) });
  const find = (name: string) => {
    const operation = operations.get(name);
    if (operation === undefined) throw new Error(`The document has no operation ${name}`);
    return operation;
  };
  const contract: Contract = {
    operations: [...operations.keys()],
    needsToken: (name) => (find(name).security ?? []).length > 0,
    findBreaches: (name, { status, contentType, text }) => {
      const response = find(name).responses[String(status)];
      if (response === undefined) return [`status ${status} is not documented: ${text.slice(0, 200)}`];
      if (response.content === undefined) return text === "" ? [] : [`${status} has a body: ${text.slice(0, 200)}`];
      const type = contentType?.split(";")[0] ?? "none";
      if (!(type in response.content)) return [`content type ${type} of ${status} is not documented`];
      if (type !== "application/json") return [];
      const [method = "", path = ""] = name.split(" ");
      const pointer = ["paths", path, method.toLowerCase(), "responses", String(status), "content", type, "schema"];
      const validate = ajv.getSchema(`document#/${pointer.map(escapePointer).join("/")}`);
      if (validate === undefined) return [`${status} has no schema`];
      if (validate(JSON.parse(text))) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${status} ${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    },
    call: async (url, operation, { path = {}, query = {}, token, headers = {}, json, text }) => {
      const [method = "", template = ""] = operation.split(" ");
      const target = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? "x1"));
      const search = new URLSearchParams(query).toString();
      const response = await callApi(url, `${method} ${target}${search && `?${search}`}`, {
        headers,
        ...(token !== undefined && { token }),
        ...(text !== undefined && { body: text }),
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const contentType = z.string().optional().parse(response.headers["content-type"]);
      const { status, body } = response;
      return { status, body, breaches: contract.findBreaches(operation, { status, contentType, text: response.text }) };
    },
  };
  return contract;
}

const escapePointer = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Makes every schema of a whole value reject undocumented fields. The parts of an `allOf` stay open, because each names
 * only some of the fields.
 */
function closeObjects(value: unknown, isWholeValue = false): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => closeObjects(item));
  if (!isSchema(value)) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key === "schema" || key === "items") return [key, closeObjects(part, true)];
      if (key === "properties" && isSchema(part)) return [key, mapValues(part, (it) => closeObjects(it, true))];
      if ((key === "anyOf" || key === "oneOf") && Array.isArray(part))
        return [key, part.map((it) => closeObjects(it, isWholeValue))];
      return [key, closeObjects(part)];
    }),
  );
  const hasFields = "properties" in value || "allOf" in value || "$ref" in value;
  if (!isWholeValue || !hasFields || "additionalProperties" in value) return copy;
  return { ...copy, unevaluatedProperties: false };
}

const mapValues = (record: Schema, change: (value: unknown) => unknown): Schema =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
