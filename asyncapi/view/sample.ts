import { fitsSchema } from "../lint/fits.ts";
import { type Fields, fieldsOf, listOf, type Reader } from "./reader.ts";
import { optionsOf } from "./schema_words.ts";

/** Deeper than this a sample has only what it must have. */
const shallow = 3;
/** Deeper than this it has nothing. */
const deepest = 8;

/** Texts of the formats that are common; of others there are none. */
const ofFormats: Readonly<Record<string, string>> = {
  "date-time": "2026-03-02T09:00:00Z",
  date: "2026-03-02",
  time: "09:00:00Z",
  duration: "PT5M",
  email: "ana@example.com",
  hostname: "host.example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  "uri-reference": "/here",
  uuid: "3f0c7a52-9d1e-4b7a-8c55-2a64c1d0e9b3",
  byte: "aGVsbG8=",
  "json-pointer": "/a",
  regex: "^a$",
};

/** Texts that simple patterns may take. */
const guesses = [
  "text",
  "a",
  "A",
  "1",
  "ab",
  "AB",
  "ABC",
  "12",
  "123",
  "A-1",
  "AB-1",
  "ABC-1",
  "ABC-123",
  "a1",
  "0.0.0",
];

function textSample(fields: Fields, reader: Reader): string {
  const { format, minLength, maxLength, pattern } = fields;
  const asked = { minLength, maxLength, pattern };
  const known = typeof format === "string" && Object.hasOwn(ofFormats, format)
    ? ofFormats[format] as string
    : undefined;
  const all = known === undefined ? guesses : [known, ...guesses];
  const fits = all.find((text) => fitsSchema(text, asked, reader.document));
  if (fits !== undefined) return fits;
  const least = typeof minLength === "number" ? Math.min(minLength, 64) : 0;
  const most = typeof maxLength === "number" ? Math.max(0, maxLength) : 64;
  return (known ?? "text").padEnd(least, "x").slice(0, most);
}

function numberSample(fields: Fields, isWhole: boolean): number {
  const of = (name: string): number | undefined => {
    const found = fields[name];
    return typeof found === "number" ? found : undefined;
  };
  const step = of("multipleOf") ?? (isWhole ? 1 : 0.5);
  const above = of("exclusiveMinimum");
  const least = of("minimum") ??
    (above === undefined ? 1 : (Math.floor(above / step) + 1) * step);
  const below = of("exclusiveMaximum");
  const most = of("maximum") ?? (below === undefined ? Infinity : below - step);
  const wanted = Math.min(Math.max(1, least), most);
  const stepped = Math.ceil(wanted / step) * step;
  return stepped <= most && Number.isFinite(stepped) ? stepped : wanted;
}

/** Makes values that a schema takes, as far as it can be seen. */
class Samples {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  of(schema: unknown, depth: number): unknown {
    if (!this.#reader.mayLook()) return null;
    const fields = fieldsOf(this.#reader.resolved(schema));
    const [given] = listOf(fields.examples);
    const [choice] = listOf(fields.enum);
    for (const one of [given, fields.default, fields.const, choice]) {
      if (one !== undefined) return one;
    }
    const type = this.#typeOf(fields);
    if (type === "object") return this.#object(fields, depth);
    const [option] = optionsOf(fields);
    if (option !== undefined && depth < deepest) return this.of(option, depth);
    if (type === "array") return this.#array(fields, depth);
    if (type === "string") return textSample(fields, this.#reader);
    if (type === "integer" || type === "number") {
      return numberSample(fields, type === "integer");
    }
    return type === "boolean" ? true : null;
  }

  #typeOf(fields: Fields): string | undefined {
    const [type] = listOf(fields.type).length > 0
      ? listOf(fields.type)
      : [fields.type];
    if (typeof type === "string") return type;
    if (fields.properties !== undefined || fields.allOf !== undefined) {
      return "object";
    }
    return fields.items === undefined ? undefined : "array";
  }

  #object(fields: Fields, depth: number): unknown {
    const made: Record<string, unknown> = {};
    if (depth > deepest) return made;
    const [option] = optionsOf(fields);
    const parts = option === undefined ? [] : [option];
    for (const part of [...listOf(fields.allOf), ...parts]) {
      const inner = this.of(part, depth + 1);
      if (fields.type === undefined && typeof inner !== "object") return inner;
      Object.assign(made, inner);
    }
    const required = new Set(listOf(fields.required));
    for (const [name, inner] of Object.entries(fieldsOf(fields.properties))) {
      if (depth >= shallow && !required.has(name)) continue;
      Object.defineProperty(made, name, {
        value: this.of(inner, depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return made;
  }

  #array(fields: Fields, depth: number): readonly unknown[] {
    const { items, minItems, maxItems } = fields;
    if (Array.isArray(items)) {
      return items.map((one) => this.of(one, depth + 1));
    }
    const least = typeof minItems === "number" ? Math.min(minItems, 8) : 0;
    const wanted = depth < shallow ? Math.max(1, least) : least;
    const count = maxItems === 0 || depth > deepest ? 0 : wanted;
    return Array.from({ length: count }, () => this.of(items, depth + 1));
  }
}

/** A value made from a schema. */
export interface Sample {
  readonly value: unknown;
  /** Whether the schema takes it; a pattern cannot always be kept. */
  readonly fits: boolean;
}

/** Makes an example of what a schema takes. */
export function sampleOf(schema: unknown, reader: Reader): Sample {
  const value = new Samples(reader).of(schema, 0);
  return {
    value,
    fits: fitsSchema(value, schema, reader.document, reader.looks),
  };
}
