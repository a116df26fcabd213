import { html } from "hono/html";
import { z } from "zod";
import type { writeAsyncApi } from "./write-asyncapi.ts";

const fieldSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), fieldSchema).optional();
  },
  get items() {
    return fieldSchema.optional();
  },
  get anyOf() {
    return z.array(fieldSchema).optional();
  },
});
type FieldSchema = z.infer<typeof fieldSchema>;

interface Field {
  /** With the names of the objects that contain it: `data.emailAddress`. */
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
}

function fieldsOf({ properties = {}, required }: FieldSchema, prefix = ""): Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const field = { path, type: typeOf(schema), isRequired: required.includes(name) };
    const inItems = schema.items ? fieldsOf(schema.items, `${path}[].`) : [];
    return [field].concat(fieldsOf(schema, `${path}.`), inItems);
  });
}

function typeOf(schema: FieldSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.items) return `${typeOf(schema.items)}[]`;
  if (schema.format) return schema.format;
  return [schema.type ?? "any"].flat().join(" | ");
}

/** Shows what stands between backticks as code. */
const withCode = (text: string) =>
  text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));

type Message = ReturnType<typeof writeAsyncApi>["components"]["messages"][string];

const headersSchema = z.object({ properties: z.record(z.string(), z.object({ description: z.string() })) });

const showMessage = ({ name, summary, headers, payload, bindings }: Message) => html`
  <section>
    <h3 id="${name}">${name}</h3>
    <p>${withCode(summary)}.</p>
    <table>
      <caption>
        Value, JSON
      </caption>
      <tbody>
        ${fieldsOf(fieldSchema.parse(payload)).map(
          ({ path, type, isRequired }) =>
            html`<tr>
              <th scope="row"><code>${path}</code></th>
              <td>${type}${isRequired ? "" : ", optional"}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <table>
      <caption>
        Key and headers
      </caption>
      <tbody>
        <tr>
          <th scope="row">key</th>
          <td>${withCode(bindings.kafka.key.description)}</td>
        </tr>
        ${Object.entries(headersSchema.parse(headers).properties).map(
          ([header, { description }]) =>
            html`<tr>
              <th scope="row"><code>${header}</code></th>
              <td>${withCode(description)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>
`;

/** The AsyncAPI document as a page without a script. */
export const writeTopicsPage = ({ info, channels, components }: ReturnType<typeof writeAsyncApi>) => html`
  <!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>clerk-kafka-bridge: the topics</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="topics.css" />
    </head>
    <body>
      <header>
        <h1>Topics in Kafka</h1>
        <p>${info.description}</p>
        <nav>
          <a href="../docs">The API</a> <a href="../asyncapi.json">asyncapi.json</a>
          ${Object.keys(components.messages).map((name) => html`<a href="#${name}">${name}</a> `)}
        </nav>
      </header>
      <main>
        ${Object.values(channels).map(
          ({ address, description, messages }) => html`
            <article>
              <h2>${address}</h2>
              <p>${withCode(description)}</p>
              ${Object.keys(messages).map((name) => {
                const message = components.messages[name];
                return message ? showMessage(message) : "";
              })}
            </article>
          `,
        )}
      </main>
    </body>
  </html>
`;
