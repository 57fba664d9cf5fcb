import { markup, type Part } from "./html.ts";
import {
  type Fields,
  fieldsOf,
  listOf,
  type Reader,
  textOf,
} from "./reader.ts";
import { code, row, span, valueText } from "./words.ts";

/** Deeper than this nothing is shown: such a schema refers to itself, or means harm. */
export const deepest = 12;

/** Options that a schema lets choose from. */
export function optionsOf(
  fields: Fields,
): readonly unknown[] {
  return [...listOf(fields.oneOf), ...listOf(fields.anyOf)];
}

/** The types that a schema names, or shows by its keywords. */
function typesOf(fields: Fields): readonly string[] {
  const { type } = fields;
  const named = (Array.isArray(type) ? type : [type])
    .filter((one): one is string => typeof one === "string");
  if (named.length > 0) return named;
  if (fields.properties !== undefined) return ["object"];
  return fields.items === undefined ? [] : ["array"];
}

/** What a payload or field is, in words, with links to schemas that have a name. */
export function typeWords(schema: unknown, reader: Reader, depth = 0): Part {
  if (schema === false) return "nothing";
  if (depth > deepest || !reader.mayLook()) return "…";
  const entry = reader.entryOf(schema, "schema");
  if (entry !== undefined) {
    return markup`<a href="#${entry.anchor}">${entry.id}</a>`;
  }
  const fields = fieldsOf(reader.resolved(schema));
  if ("const" in fields) return ["always ", code(fields.const)];
  const choices = listOf(fields.enum);
  if (choices.length > 0) {
    return [
      choices.length > 1 ? "one of " : "always ",
      row(choices.map(code), "or"),
    ];
  }
  const within = (inner: unknown): Part => typeWords(inner, reader, depth + 1);
  const options = optionsOf(fields);
  if (options.length > 0) return row(options.map(within), "or");
  const types = typesOf(fields);
  const all = listOf(fields.allOf);
  if (all.length > 0 && (types.length === 0 || types[0] === "object")) {
    const own = fields.properties === undefined ? [] : ["more"];
    return row([...all.map(within), ...own], "and");
  }
  if (types.length === 0) return "anything";
  return row(
    types.map((type) =>
      type === "array" ? arrayWords(fields, within) : ofFormat(type, fields)
    ),
    "or",
  );
}

function arrayWords(
  { items }: Fields,
  within: (inner: unknown) => Part,
): Part {
  if (Array.isArray(items)) return ["list of ", row(items.map(within), "and")];
  return items === undefined ? "list" : ["list of ", within(items)];
}

function ofFormat(type: string, { format }: Fields): Part {
  const said = textOf(format);
  return said === undefined ||
      (type !== "string" && type !== "number" && type !== "integer")
    ? type
    : `${type} (${said})`;
}

const { MAX_SAFE_INTEGER: safe } = Number;

/** The bounds of a number; those of safe integers say nothing. */
function bounds(fields: Fields): readonly string[] {
  const marks = {
    minimum: "≥",
    exclusiveMinimum: ">",
    maximum: "≤",
    exclusiveMaximum: "<",
  };
  return Object.entries(marks).flatMap(([keyword, mark]) => {
    const limit = fields[keyword];
    return typeof limit === "number" && Math.abs(limit) < safe
      ? [`${mark} ${limit}`]
      : [];
  });
}

const longestPattern = 60;

function patternWords(pattern: unknown): readonly Part[] {
  const text = textOf(pattern);
  if (text === undefined) return [];
  return text.length <= longestPattern
    ? [markup`matches <code>${text}</code>`]
    : [
      markup`<details class="inline"><summary>matches a pattern</summary><code>${text}</code></details>`,
    ];
}

/** What a schema asks beyond its type, each in words. */
export function constraintWords(schema: unknown): readonly Part[] {
  const fields = fieldsOf(schema);
  const flag = (name: string, words: string): readonly string[] =>
    fields[name] === true ? [words] : [];
  const said: readonly (Part | undefined)[] = [
    ...bounds(fields),
    typeof fields.multipleOf === "number"
      ? `a multiple of ${fields.multipleOf}`
      : undefined,
    span(fields.minLength, fields.maxLength, ["character", "characters"]),
    span(fields.minItems, fields.maxItems, ["item", "items"]),
    span(fields.minProperties, fields.maxProperties, ["field", "fields"]),
    ...patternWords(fields.pattern),
    ...flag("uniqueItems", "no two alike"),
    fields.additionalProperties === false ? "no other fields" : undefined,
    textOf(fields.discriminator) === undefined
      ? undefined
      : markup`told apart by <code>${fields.discriminator as string}</code>`,
    textOf(fields.contentEncoding),
    textOf(fields.contentMediaType),
    "default" in fields ? ["by default ", code(fields.default)] : undefined,
    ...flag("deprecated", "deprecated"),
    ...flag("readOnly", "read only"),
    ...flag("writeOnly", "write only"),
    listOf(fields.examples).length > 0
      ? ["such as ", row(listOf(fields.examples).slice(0, 3).map(code), "or")]
      : undefined,
    silent.some((keyword) => keyword in fields)
      ? "and more, see the JSON Schema"
      : undefined,
  ];
  return said.filter((part) => part !== undefined);
}

/** Keywords that the tables have no words for. */
const silent = [
  "not",
  "if",
  "then",
  "else",
  "dependencies",
  "propertyNames",
  "contains",
  "additionalItems",
];

/** Whether a table does not say all of a schema, so that its JSON must be shown too. */
export function saysMore(schema: unknown): boolean {
  return silent.some((keyword) => valueHas(schema, keyword, 0));
}

function valueHas(value: unknown, keyword: string, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth > 4 * deepest) return true;
  return (!Array.isArray(value) && keyword in value) ||
    Object.values(value).some((inner) => valueHas(inner, keyword, depth + 1));
}

/** What a schema calls itself. */
export function titleOf(schema: unknown, reader: Reader): string | undefined {
  const entry = reader.entryOf(schema, "schema");
  return textOf(fieldsOf(reader.resolved(schema)).title) ?? entry?.id;
}

/** The value of a field that tells options apart, where there is one. */
export function tellingOf(schema: unknown, reader: Reader): string | undefined {
  const { properties } = fieldsOf(reader.resolved(schema));
  for (const [name, inner] of Object.entries(fieldsOf(properties))) {
    const told = fieldsOf(inner);
    if ("const" in told) return `${name} = ${valueText(told.const)}`;
  }
  return undefined;
}
