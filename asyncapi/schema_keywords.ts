import { isObject, type Json, type JsonObject } from "./json.ts";

/** What the keywords of JSON Schema hold, where that is schemas. What is not here is data. */
const holds: Readonly<Record<string, "schema" | "map" | "list" | "either">> = {
  not: "schema",
  if: "schema",
  then: "schema",
  else: "schema",
  contains: "schema",
  propertyNames: "schema",
  additionalItems: "schema",
  additionalProperties: "schema",
  unevaluatedItems: "schema",
  unevaluatedProperties: "schema",
  items: "either",
  allOf: "list",
  anyOf: "list",
  oneOf: "list",
  prefixItems: "list",
  properties: "map",
  patternProperties: "map",
  definitions: "map",
  $defs: "map",
  dependencies: "map",
  dependentSchemas: "map",
};

/** A schema inside another, and where. */
export interface Inner {
  /** The steps to it. */
  readonly path: readonly (string | number)[];
  /** It. */
  readonly schema: Json;
}

/** The schemas directly inside a schema. Lists of names in `dependencies` are none. */
export function innerSchemas(schema: JsonObject): readonly Inner[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const kind = Object.hasOwn(holds, keyword) ? holds[keyword] : undefined;
    if (kind === undefined) return [];
    if (Array.isArray(value)) {
      return kind === "list" || kind === "either"
        ? value.map((inner, index) => ({
          path: [keyword, index],
          schema: inner,
        }))
        : [];
    }
    if (kind === "map") {
      return !isObject(value) ? [] : Object.entries(value)
        .filter(([, inner]) => !Array.isArray(inner))
        .map(([name, inner]) => ({ path: [keyword, name], schema: inner }));
    }
    return kind === "list" ? [] : [{ path: [keyword], schema: value }];
  });
}

/** Makes a schema anew: each schema inside it first, then itself. */
export function mapSchema(
  schema: Json,
  make: (schema: JsonObject) => JsonObject,
): Json {
  if (!isObject(schema)) return schema;
  const copy: Record<string, Json> = { ...schema };
  for (const { path: [keyword, step], schema: inner } of innerSchemas(schema)) {
    const made = mapSchema(inner, make);
    const name = String(keyword);
    const held = copy[name];
    if (step === undefined) copy[name] = made;
    else if (typeof step === "number") {
      copy[name] = (held as readonly Json[]).with(step, made);
    } else copy[name] = { ...held as JsonObject, [step]: made };
  }
  return make(copy);
}
