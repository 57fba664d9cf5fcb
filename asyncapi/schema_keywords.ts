import { isObject, type Json, type JsonObject } from "./json.ts";

type Kind = "schema" | "map" | "list" | "either";

/** What the keywords of JSON Schema hold, where that is schemas. What is not here is data. */
const holds: Readonly<Record<string, Kind>> = {
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

function kindOf(keyword: string): Kind | undefined {
  return Object.hasOwn(holds, keyword) ? holds[keyword] : undefined;
}

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
    const kind = kindOf(keyword);
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
  const map = (inner: Json): Json => mapSchema(inner, make);
  for (const [keyword, value] of Object.entries(schema)) {
    const kind = kindOf(keyword);
    if (kind === undefined) continue;
    if (Array.isArray(value)) {
      if (kind === "list" || kind === "either") copy[keyword] = value.map(map);
    } else if (kind === "map") {
      if (isObject(value)) copy[keyword] = mapMembers(value, map);
    } else if (kind !== "list") copy[keyword] = map(value);
  }
  return make(copy);
}

function mapMembers(members: JsonObject, map: (inner: Json) => Json): Json {
  return Object.fromEntries(
    Object.entries(members).map(([name, inner]) =>
      [name, Array.isArray(inner) ? inner : map(inner)] as const
    ),
  );
}
