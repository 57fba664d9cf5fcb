/**
 * What the makers of AsyncAPI have to check documents: their parser and their JSON Schema. It registers no tests.
 *
 * @module
 */
import schema30 from "@asyncapi/specs/schemas/3.0.0.json" with { type: "json" };
import schema31 from "@asyncapi/specs/schemas/3.1.0.json" with { type: "json" };
import { Ajv, type AnySchema, type ValidateFunction } from "ajv";
import { createRequire } from "node:module";
import type { AsyncApiVersion } from "./options.ts";

const schemas: Readonly<Record<AsyncApiVersion, unknown>> = {
  "3.0.0": schema30,
  "3.1.0": schema31,
};

/** The official schema of a version. */
export function officialSchema(version: AsyncApiVersion): ValidateFunction {
  const { definitions, ...rest } = structuredClone(schemas[version]) as {
    definitions: Record<string, unknown>;
  };
  // Ajv has that one already, and refuses another of its name.
  delete definitions["http://json-schema.org/draft-07/schema"];
  return new Ajv({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
  }).compile({ ...rest, definitions } as AnySchema);
}

/** As much of the parser as is used: its own types bring those of Node, which are not Deno's. */
interface OfficialParser {
  validate(text: string): Promise<
    readonly {
      readonly severity: number;
      readonly code: string | number;
      readonly message: string;
      readonly path: readonly (string | number)[];
    }[]
  >;
}

const { Parser } = createRequire(import.meta.url)("@asyncapi/parser") as {
  readonly Parser: new () => OfficialParser;
};
// One for all documents: it takes long to make.
const parser = new Parser();

/** What the official parser calls errors, each in a line. */
export async function parserErrors(
  document: unknown,
): Promise<readonly string[]> {
  const found = await parser.validate(JSON.stringify(document));
  return found
    // Zero is its word for an error.
    .filter(({ severity }) => severity === 0)
    .map(({ code, message, path }) =>
      `${code} at /${path.join("/")}: ${message}`
    );
}
