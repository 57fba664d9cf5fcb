import { bytesCodec, textCodec } from "@ruststream/core";
import type { AsyncCodec, Codec, Schema } from "@ruststream/core/contract";
import {
  asJson,
  deepest,
  isObject,
  type JsonObject,
  tooDeepAt,
} from "./json.ts";

/** Says a schema as JSON Schema, for a library whose schemas do not say themselves. What it does not know it leaves undefined. */
export type ToJsonSchema = (schema: Schema) => unknown;

/** A JSON Schema, or why there is none; neither where none is wanted. */
export interface WireSchema {
  readonly schema?: JsonObject;
  readonly gap?: string;
}

/** The part of a schema that Standard JSON Schema adds. */
interface SaysItself {
  readonly input: (options: { readonly target: string }) => unknown;
}

/** How deep a part of a document may be that stands a few levels down in it. */
export const deepestPart: number = deepest - 20;

/** From the one that is wanted to the one that can be changed into it. */
const targets = ["draft-07", "draft-2020-12"];

function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}

/** The JSON Schema of what is on the wire: what a schema takes, for a publisher sends its input, and a subscriber gives what arrived to it. */
export function wireSchema(
  schema: Schema,
  convert: ToJsonSchema | undefined,
): WireSchema {
  const { jsonSchema, vendor } = schema["~standard"] as
    & Schema["~standard"]
    & { readonly jsonSchema?: SaysItself };
  const failures: string[] = [];
  const ways: (() => unknown)[] = [
    ...convert === undefined ? [] : [() => convert(schema)],
    ...jsonSchema === undefined
      ? []
      : targets.map((target) => () => jsonSchema.input({ target })),
  ];
  for (const way of ways) {
    try {
      const made = way();
      if (made === undefined) continue;
      const said = asJson(made);
      if (tooDeepAt(said, deepestPart) !== undefined) {
        failures.push(
          `its JSON Schema is more than ${deepestPart} levels deep`,
        );
      } else if (isObject(said)) return { schema: said };
      else if (said === true) return { schema: {} };
      else failures.push("its JSON Schema is no object");
    } catch (error) {
      failures.push(errorText(error));
    }
  }
  if (failures[0] !== undefined) {
    return { gap: `the schema cannot say itself, ${failures[0]}` };
  }
  return {
    gap: vendor === "ruststream"
      ? "it is declared by a type, without a schema"
      : `schemas of "${vendor}" do not say themselves as JSON Schema`,
  };
}

/** The JSON Schema of payloads. */
export function payloadSchema(
  schema: Schema | undefined,
  codec: Codec | AsyncCodec,
  convert: ToJsonSchema | undefined,
): WireSchema {
  if (schema !== undefined) {
    const { gap, ...said } = wireSchema(schema, convert);
    const isRaw = codec === bytesCodec || codec === textCodec;
    return gap === undefined || isRaw ? said : { gap };
  }
  if (codec === textCodec) return { schema: { type: "string" } };
  if (codec === bytesCodec) return {};
  return { gap: "it is declared by a type, without a schema" };
}
