import { canonical, isObject } from "../json.ts";
import type { Document, Looks } from "./sites.ts";

type Schema = Readonly<Record<string, unknown>>;
type Check = (value: unknown, schema: Schema, fits: Fits) => boolean;
/** Whether a value fits a schema inside the one that is asked about. */
type Fits = (value: unknown, schema: unknown) => boolean;

/** Deeper schemas are taken to fit: such a one refers to itself without an end. */
const deepest = 128;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isOfType(value: unknown, type: unknown): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOf(value) === type;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function map(value: unknown): Schema {
  return isObject(value) ? value : {};
}

/** A check by a limit that is a number; it holds where there is none. */
function limit(
  keyword: string,
  holds: (measure: number, limit: number) => boolean,
  measure: (value: unknown) => number | undefined,
): Check {
  return (value, schema) => {
    const wanted = schema[keyword];
    const found = measure(value);
    return typeof wanted !== "number" || found === undefined ||
      holds(found, wanted);
  };
}

const number = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;
const letters = (value: unknown): number | undefined =>
  typeof value === "string" ? [...value].length : undefined;
const count = (value: unknown): number | undefined =>
  Array.isArray(value) ? value.length : undefined;
const size = (value: unknown): number | undefined =>
  isObject(value) ? Object.keys(value).length : undefined;
const atLeast = (found: number, wanted: number): boolean => found >= wanted;
const atMost = (found: number, wanted: number): boolean => found <= wanted;

function isMultiple(found: number, step: number): boolean {
  const times = found / step;
  // 0.3 is no exact multiple of 0.1 in binary.
  return Math.abs(times - Math.round(times)) <
    1e-9 * Math.max(1, Math.abs(times));
}

/** Whether a text matches a pattern; all do where it is none. */
export function matches(pattern: unknown, text: string): boolean {
  try {
    return new RegExp(String(pattern), "u").test(text);
  } catch {
    // A rule of its own tells of it.
    return true;
  }
}

function membersFit(value: unknown, schema: Schema, fits: Fits): boolean {
  if (!isObject(value)) return true;
  const properties = map(schema.properties);
  const patterns = Object.entries(map(schema.patternProperties));
  return Object.entries(value).every(([name, member]) => {
    const own = Object.hasOwn(properties, name);
    const matched = patterns.filter(([pattern]) => matches(pattern, name));
    const isKnown = own || matched.length > 0;
    return (!own || fits(member, properties[name])) &&
      matched.every(([, inner]) => fits(member, inner)) &&
      (isKnown || fits(member, schema.additionalProperties ?? true)) &&
      fits(name, schema.propertyNames ?? true);
  });
}

function elementsFit(value: unknown, schema: Schema, fits: Fits): boolean {
  if (!Array.isArray(value)) return true;
  const { items, additionalItems = true } = schema;
  const each = value.every((element, index) =>
    fits(
      element,
      !Array.isArray(items)
        ? items ?? true
        : index < items.length
        ? items[index]
        : additionalItems,
    )
  );
  return each &&
    (schema.contains === undefined ||
      value.some((element) => fits(element, schema.contains))) &&
    (schema.uniqueItems !== true ||
      new Set(value.map(canonical)).size === value.length);
}

function dependenciesFit(value: unknown, schema: Schema, fits: Fits): boolean {
  return !isObject(value) ||
    Object.entries(map(schema.dependencies)).every(([name, wanted]) =>
      !Object.hasOwn(value, name) ||
      (Array.isArray(wanted)
        ? wanted.every((other) => Object.hasOwn(value, String(other)))
        : fits(value, wanted))
    );
}

const checks: readonly Check[] = [
  (value, { type }) =>
    type === undefined ||
    (Array.isArray(type) ? type : [type]).some((one) => isOfType(value, one)),
  (value, schema) =>
    !("const" in schema) || canonical(value) === canonical(schema.const),
  (value, schema) =>
    !Array.isArray(schema.enum) ||
    schema.enum.some((one) => canonical(one) === canonical(value)),
  limit("minimum", atLeast, number),
  limit("maximum", atMost, number),
  limit("exclusiveMinimum", (found, wanted) => found > wanted, number),
  limit("exclusiveMaximum", (found, wanted) => found < wanted, number),
  limit("multipleOf", isMultiple, number),
  limit("minLength", atLeast, letters),
  limit("maxLength", atMost, letters),
  limit("minItems", atLeast, count),
  limit("maxItems", atMost, count),
  limit("minProperties", atLeast, size),
  limit("maxProperties", atMost, size),
  (value, { pattern }) =>
    pattern === undefined || typeof value !== "string" ||
    matches(pattern, value),
  (value, { required }) =>
    !isObject(value) ||
    list(required).every((name) => Object.hasOwn(value, String(name))),
  membersFit,
  elementsFit,
  dependenciesFit,
  (value, { allOf }, fits) => list(allOf).every((one) => fits(value, one)),
  (value, { anyOf }, fits) =>
    !Array.isArray(anyOf) || anyOf.some((one) => fits(value, one)),
  (value, { oneOf }, fits) =>
    !Array.isArray(oneOf) ||
    oneOf.filter((one) => fits(value, one)).length === 1,
  (value, schema, fits) => schema.not === undefined || !fits(value, schema.not),
  (value, schema, fits) =>
    schema.if === undefined ||
    fits(value, (fits(value, schema.if) ? schema.then : schema.else) ?? true),
];

/** Whether a value fits a schema of draft-07. Formats are not looked at; a reference that leads nowhere fits all, and so does what is beyond the looks. */
export function fitsSchema(
  value: unknown,
  schema: unknown,
  within: Document,
  looks: Looks = within.looks,
  depth = 0,
): boolean {
  if (typeof schema === "boolean") return schema;
  if (depth > deepest || looks.left-- <= 0) return true;
  const found = within.resolve(schema)?.value;
  if (typeof found === "boolean") return found;
  if (!isObject(found)) return true;
  const fits: Fits = (inner, wanted) =>
    fitsSchema(inner, wanted, within, looks, depth + 1);
  return checks.every((check) => check(value, found, fits)) || looks.left <= 0;
}
