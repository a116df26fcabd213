import fc from "fast-check";
import { readFileSync } from "node:fs";
import { z } from "zod";

interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly nullable?: boolean | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
}
const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    nullable: z.boolean().optional(),
    enum: z.array(z.unknown()).optional(),
    allOf: z.array(schemaSchema).optional(),
    oneOf: z.array(schemaSchema).optional(),
    anyOf: z.array(schemaSchema).optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    items: schemaSchema.optional(),
  }),
);
const documentSchema = z.object({
  schema: schemaSchema,
  components: z.object({ schemas: z.record(z.string(), schemaSchema) }),
});
const copySchema = z.object({ backendApi: documentSchema, webhookUser: documentSchema });
const copy = copySchema.parse(JSON.parse(readFileSync(new URL("clerk-user-schemas.json", import.meta.url), "utf8")));

type Json = fc.Arbitrary<unknown>;
type Fields = fc.Arbitrary<Record<string, unknown>>;

/** Times and numbers of Clerk's, which its schema only calls integers. */
const integers = fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 });
const texts = fc.string({ unit: "grapheme", maxLength: 40 });
const jsonObjects = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });

/**
 * Whatever Clerk's published schema allows for the document: fields that are not required may be missing, and what is nullable may be
 * null. `overrides` replaces fields of the objects whose schema has this name.
 */
export function arbitraryOf(
  document: keyof typeof copy,
  overrides: Readonly<Record<string, Record<string, Json>>>,
): Fields {
  const { schema: root, components } = copy[document];
  const known = new Map<string, Json>();

  const ofReference = (reference: string): Json => {
    const name = reference.slice(reference.lastIndexOf("/") + 1);
    const found = known.get(name);
    if (found !== undefined) return found;
    const schema = components.schemas[name];
    if (schema === undefined) throw new Error(`the copy of Clerk's schemas has no ${name}`);
    const made = of(schema, overrides[name]);
    known.set(name, made);
    return made;
  };
  const of = (schema: Schema, replaced: Record<string, Json> = {}): Json => {
    const value = ofValue(schema, replaced);
    return schema.nullable === true ? fc.option(value, { nil: null }) : value;
  };
  const ofValue = (schema: Schema, replaced: Record<string, Json>): Json => {
    const choices = schema.oneOf ?? schema.anyOf;
    if (schema.$ref !== undefined) return ofReference(schema.$ref);
    if (schema.allOf !== undefined) {
      return fc.tuple(...schema.allOf.map((part) => of(part))).map((parts) => Object.assign({}, ...parts));
    }
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => of(choice)));
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const types = [schema.type ?? "object"].flat();
    return fc.oneof(...types.map((type) => ofType(type, schema, replaced)));
  };
  const ofType = (type: string, schema: Schema, replaced: Record<string, Json>): Json => {
    switch (type) {
      case "null":
        return fc.constant(null);
      case "string":
        return texts;
      case "boolean":
        return fc.boolean();
      case "integer":
      case "number":
        return integers;
      case "array":
        return fc.array(of(schema.items ?? {}), { maxLength: 3 });
      default:
        return ofObject(schema, replaced);
    }
  };
  const ofObject = ({ properties, required = [] }: Schema, replaced: Record<string, Json>): Json => {
    if (properties === undefined) return jsonObjects;
    const fields = Object.entries(properties).map(([name, schema]) => [name, replaced[name] ?? of(schema)] as const);
    return fc.record(Object.fromEntries(fields), {
      requiredKeys: Object.keys(properties).filter((name) => required.includes(name)),
    });
  };
  return of(root, {}).map((value) => z.record(z.string(), z.unknown()).parse(value));
}
