import { isObject, stepsOf } from "../json.ts";
import { fitsSchema, matches } from "./fits.ts";
import {
  elements,
  isLocation,
  isMediaType,
  members,
  type Rule,
  textRule,
} from "./rule.ts";
import {
  type Document,
  isMultiFormat,
  isOurFormat,
  type Path,
  type Site,
} from "./sites.ts";

const messages = ["message", "messageTrait"] as const;

/** The schema itself; of one with a format, where it is one of ours. */
function plainSchema(within: Document, value: unknown): unknown {
  const found = within.resolve(value)?.value;
  if (!isObject(found) || !isMultiFormat(found)) return found;
  return isOurFormat(found.schemaFormat)
    ? within.resolve(found.schema)?.value
    : undefined;
}

/** Whether a schema is of an object, as far as it says. */
function isOfObject(within: Document, value: unknown): boolean {
  const schema = plainSchema(within, value);
  if (!isObject(schema)) return schema === undefined;
  if (schema.type !== undefined) return schema.type === "object";
  return ["properties", "allOf", "anyOf", "oneOf", "patternProperties"]
    .some((keyword) => keyword in schema);
}

/** Whether a schema has a place, as far as it says what it has. */
function hasPlace(
  within: Document,
  value: unknown,
  [step, ...rest]: readonly string[],
): boolean {
  if (step === undefined) return true;
  const schema = plainSchema(within, value);
  if (!isObject(schema) || !isObject(schema.properties)) return true;
  const { properties } = schema;
  if (Object.hasOwn(properties, step)) {
    return hasPlace(within, properties[step], rest);
  }
  return ["allOf", "anyOf", "oneOf"].some((keyword) => keyword in schema) ||
    members(schema.patternProperties)
      .some(([pattern]) => matches(pattern, step)) ||
    isObject(schema.additionalProperties);
}

function unknownCorrelation({ value, within }: Site): readonly Path[] {
  const id = within.resolve(value.correlationId)?.value;
  const location = isObject(id) ? id.location : undefined;
  if (typeof location !== "string" || !isLocation(location)) return [];
  const [source = "", fragment = ""] = location.split("#");
  const schema = source === "$message.header" ? value.headers : value.payload;
  const steps = stepsOf(`#${fragment}`) ?? [];
  return schema === undefined || hasPlace(within, schema, steps)
    ? []
    : [["correlationId"]];
}

function misfits(
  { value, within }: Site,
  part: "payload" | "headers",
): readonly Path[] {
  const schema = value[part] === undefined
    ? undefined
    : plainSchema(within, value[part]);
  if (schema === undefined) return [];
  return elements(value.examples)
    .filter(([, example]) =>
      isObject(example) && example[part] !== undefined &&
      !fitsSchema(example[part], schema, within)
    )
    .map(([index]) => ["examples", index, part]);
}

/** What messages say. */
export const messageRules: readonly Rule[] = [
  ...messages.flatMap((on): readonly Rule[] => [
    textRule(
      "message-content-type",
      on,
      "contentType",
      "A content type is a media type.",
      isMediaType,
    ),
    {
      id: "message-headers-object",
      says: "The schema of headers is of an object.",
      on,
      find: ({ value, within }) =>
        value.headers === undefined || isOfObject(within, value.headers)
          ? []
          : [["headers"]],
    },
    {
      id: "message-correlation-unknown",
      says: "A correlation id is where the schema has something.",
      on,
      find: unknownCorrelation,
    },
    {
      id: "message-example-headers",
      says: "The headers of an example fit their schema.",
      on,
      find: (site) => misfits(site, "headers"),
    },
  ]),
  {
    id: "message-example-payload",
    says: "The payload of an example fits its schema.",
    on: "message",
    find: (site) => misfits(site, "payload"),
  },
  {
    id: "message-example-empty",
    says: "An example has headers or a payload.",
    on: "messageExample",
    find: ({ value }) => "headers" in value || "payload" in value ? [] : [[]],
  },
  textRule(
    "correlation-location",
    "correlationId",
    "location",
    "The location of a correlation id is an expression of where a message holds it.",
    isLocation,
  ),
];
