import { canonical, isObject } from "../json.ts";
import { fitsSchema } from "./fits.ts";
import { elements, members, type Rule } from "./rule.ts";
import type { Path, Site } from "./sites.ts";

type Test = (value: unknown) => boolean;

function isSchema(value: unknown): boolean {
  return isObject(value) || typeof value === "boolean";
}

function isSchemas(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isSchema);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) &&
    value.every((one) => typeof one === "string") && isUnlike(value);
}

function isUnlike(list: readonly unknown[]): boolean {
  return new Set(list.map(canonical)).size === list.length;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === "string" && new RegExp(value, "u") !== undefined;
  } catch {
    return false;
  }
}

const types: readonly unknown[] = [
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
];

/** A rule about keywords: where one is there, the test holds. */
function keywords(
  id: string,
  names: readonly string[],
  says: string,
  holds: Test,
): Rule {
  return {
    id,
    says,
    on: "schema",
    find: ({ value }) =>
      names
        .filter((name) => value[name] !== undefined && !holds(value[name]))
        .map((name) => [name]),
  };
}

/** Keywords that draft-07 does not have, with what it has in their place. */
const later: readonly string[] = [
  "$anchor",
  "$defs",
  "$dynamicAnchor",
  "$dynamicRef",
  "$recursiveRef",
  "$vocabulary",
  "dependentRequired",
  "dependentSchemas",
  "maxContains",
  "minContains",
  "nullable",
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
];

function unfitExamples({ value, within }: Site): readonly Path[] {
  const { examples, default: _default, ...schema } = value;
  return elements(examples)
    .filter(([, example]) => !fitsSchema(example, schema, within))
    .map(([index]) => ["examples", index]);
}

/** What schemas say: draft-07, and what AsyncAPI adds to it. */
export const schemaRules: readonly Rule[] = [
  keywords(
    "schema-type",
    ["type"],
    "The type of a schema is one of the seven, or a list of some.",
    (value) =>
      Array.isArray(value)
        ? value.length > 0 && isUnlike(value) &&
          value.every((one) => types.includes(one))
        : types.includes(value),
  ),
  keywords(
    "schema-inner",
    "not if then else contains propertyNames additionalItems additionalProperties"
      .split(" "),
    "A keyword that wants a schema holds an object or a boolean.",
    isSchema,
  ),
  keywords(
    "schema-list",
    ["allOf", "anyOf", "oneOf"],
    "A keyword that wants schemas holds a list of at least one.",
    isSchemas,
  ),
  keywords(
    "schema-items",
    ["items"],
    "The items of a schema are a schema, or a list of at least one.",
    (value) => isSchema(value) || isSchemas(value),
  ),
  keywords(
    "schema-map",
    ["properties", "patternProperties", "definitions"],
    "A keyword that wants schemas by names holds an object of them.",
    (value) => isObject(value) && Object.values(value).every(isSchema),
  ),
  keywords(
    "schema-dependencies",
    ["dependencies"],
    "The dependencies of a schema are schemas, or lists of names.",
    (value) =>
      isObject(value) &&
      Object.values(value).every((one) => isSchema(one) || isTexts(one)),
  ),
  keywords(
    "schema-required",
    ["required"],
    "What is required is a list of names that differ from each other.",
    isTexts,
  ),
  keywords(
    "schema-enum",
    ["enum"],
    "The values of a schema are a list of at least one, and differ from each other.",
    (value) => Array.isArray(value) && value.length > 0 && isUnlike(value),
  ),
  keywords(
    "schema-pattern",
    ["pattern"],
    "A pattern is a regular expression.",
    isPattern,
  ),
  {
    id: "schema-pattern-name",
    says: "The names of patternProperties are regular expressions.",
    on: "schema",
    find: ({ value }) =>
      members(value.patternProperties)
        .filter(([name]) => !isPattern(name))
        .map(([name]) => ["patternProperties", name]),
  },
  keywords(
    "schema-count",
    "minLength maxLength minItems maxItems minProperties maxProperties"
      .split(" "),
    "A limit of how many is a whole number of at least 0.",
    isCount,
  ),
  keywords(
    "schema-limit",
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
    "A limit of a number is a number.",
    (value) => typeof value === "number",
  ),
  keywords(
    "schema-multiple",
    ["multipleOf"],
    "A number of which others are multiples is more than 0.",
    (value) => typeof value === "number" && value > 0,
  ),
  keywords(
    "schema-text",
    "$id $comment title description format contentMediaType contentEncoding"
      .split(" "),
    "A keyword that wants a text holds one.",
    (value) => typeof value === "string",
  ),
  keywords(
    "schema-flag",
    ["uniqueItems", "readOnly", "writeOnly", "deprecated"],
    "A keyword that wants true or false holds one of them.",
    (value) => typeof value === "boolean",
  ),
  keywords(
    "schema-examples",
    ["examples"],
    "The examples of a schema are a list.",
    Array.isArray,
  ),
  keywords(
    "schema-dialect",
    ["$schema"],
    "A schema is of draft-07.",
    (value) =>
      typeof value === "string" &&
      /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(value),
  ),
  keywords(
    "schema-later-keyword",
    later,
    "A schema has no keyword of another draft or format, which draft-07 does not know.",
    () => false,
  ),
  keywords(
    "schema-discriminator",
    ["discriminator"],
    "A discriminator is the name of a property.",
    (value) => typeof value === "string",
  ),
  {
    id: "schema-discriminator-required",
    says: "The property that a discriminator names is there, and required.",
    on: "schema",
    find: ({ value: { discriminator, properties, required } }) => {
      if (typeof discriminator !== "string" || !isObject(properties)) return [];
      const isThere = Object.hasOwn(properties, discriminator) &&
        Array.isArray(required) && required.includes(discriminator);
      return isThere ? [] : [["discriminator"]];
    },
  },
  {
    id: "schema-default-fits",
    says: "The default of a schema fits it.",
    on: "schema",
    find: ({ value, within }) => {
      const { default: otherwise, examples: _examples, ...schema } = value;
      return otherwise === undefined || fitsSchema(otherwise, schema, within)
        ? []
        : [["default"]];
    },
  },
  {
    id: "schema-example-fits",
    says: "The examples of a schema fit it.",
    on: "schema",
    find: unfitExamples,
  },
];
