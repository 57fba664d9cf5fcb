import {
  type DescEnum,
  type DescField,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";
import type { JsonSchema } from "./json_schema.ts";

/** What a message looks like in JSON where that is not an object of its fields: the well-known types. */
const wellKnown: Readonly<Record<string, JsonSchema>> = {
  Any: {
    type: "object",
    properties: { "@type": { type: "string" } },
    required: ["@type"],
  },
  BoolValue: { type: ["boolean", "null"] },
  BytesValue: { type: ["string", "null"], contentEncoding: "base64" },
  DoubleValue: { type: ["number", "string", "null"] },
  Duration: { type: "string", pattern: "^-?\\d+(\\.\\d{1,9})?s$" },
  Empty: { type: "object" },
  FieldMask: { type: "string" },
  FloatValue: { type: ["number", "string", "null"] },
  Int32Value: { type: ["integer", "null"] },
  Int64Value: { type: ["string", "null"], pattern: "^-?\\d+$" },
  ListValue: { type: "array" },
  StringValue: { type: ["string", "null"] },
  Struct: { type: "object" },
  Timestamp: { type: "string", format: "date-time" },
  UInt32Value: { type: ["integer", "null"], minimum: 0 },
  UInt64Value: { type: ["string", "null"], pattern: "^\\d+$" },
  Value: {},
};

const least32 = -(2 ** 31);
const most32 = 2 ** 31 - 1;

function scalar(type: ScalarType): JsonSchema {
  switch (type) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      // Infinity and NaN are strings there.
      return { type: ["number", "string"] };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", minimum: least32, maximum: most32 };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: "string", pattern: "^-?\\d+$" };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: "string", pattern: "^\\d+$" };
  }
}

function enumeration({ typeName, values }: DescEnum): JsonSchema {
  return typeName === "google.protobuf.NullValue"
    ? { type: "null" }
    : { type: "string", enum: values.map(({ name }) => name) };
}

/** Collects what a message mentions, each message once, so that one may mention itself. */
class Definitions {
  readonly #at: string;
  readonly found: Record<string, JsonSchema> = {};

  constructor(at: string) {
    this.#at = at;
  }

  message(desc: DescMessage): JsonSchema {
    const { typeName } = desc;
    const [, known = ""] = /^google\.protobuf\.(\w+)$/.exec(typeName) ?? [];
    if (Object.hasOwn(wellKnown, known)) return wellKnown[known] ?? {};
    if (!Object.hasOwn(this.found, typeName)) {
      const properties: Record<string, JsonSchema> = {};
      this.found[typeName] = { type: "object", properties };
      for (const field of desc.fields) {
        properties[field.jsonName] = this.#field(field);
      }
    }
    return { $ref: `#/${this.#at}/${typeName}` };
  }

  #field(field: DescField): JsonSchema {
    switch (field.fieldKind) {
      case "scalar":
        return scalar(field.scalar);
      case "enum":
        return enumeration(field.enum);
      case "message":
        return this.message(field.message);
      case "list":
        return { type: "array", items: this.#element(field, field.listKind) };
      case "map":
        return {
          type: "object",
          additionalProperties: this.#element(field, field.mapKind),
        };
    }
  }

  #element(
    field: DescField & { fieldKind: "list" | "map" },
    kind: "scalar" | "enum" | "message",
  ): JsonSchema {
    if (kind === "message" && field.message) return this.message(field.message);
    if (kind === "enum" && field.enum) return enumeration(field.enum);
    return field.scalar === undefined ? {} : scalar(field.scalar);
  }
}

/**
 * The schema of a message as ProtoJSON, its mentioned messages under one name each.
 *
 * @throws {TypeError} If the target is another one.
 */
export function protobufSchema(desc: DescMessage, target: string): JsonSchema {
  const at = new Map([["draft-07", "definitions"], ["draft-2020-12", "$defs"]])
    .get(target);
  if (at === undefined) {
    throw new TypeError(
      `Cannot document "${desc.typeName}" as ${target}: expected draft-07 or draft-2020-12`,
    );
  }
  const definitions = new Definitions(at);
  const root = definitions.message(desc);
  return { ...root, [at]: definitions.found };
}
