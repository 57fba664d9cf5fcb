import {
  type Awaitable,
  isPromiseLike,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
  type SchemaResult,
} from "@ruststream/core/contract";
import type { CloudEvent, CloudEventInput } from "./cloud_event.ts";
import type {
  DocumentedSchema,
  JsonSchema,
  JsonSchemaTarget,
} from "./json_schema.ts";

const text: JsonSchema = { type: "string", minLength: 1 };

function envelope(data: JsonSchema): JsonSchema {
  // What data refers to is found from the root, so it must stand there.
  const { $schema: _version, definitions, $defs, ...own } = data;
  return {
    type: "object",
    properties: {
      specversion: { const: "1.0" },
      id: text,
      source: { ...text, format: "uri-reference" },
      type: text,
      datacontenttype: text,
      dataschema: { ...text, format: "uri" },
      subject: text,
      time: { type: "string", format: "date-time" },
      data: own,
    },
    required: ["specversion", "id", "source", "type"],
    ...(definitions === undefined ? {} : { definitions }),
    ...($defs === undefined ? {} : { $defs }),
  };
}

function documented(
  schema: Schema | undefined,
  side: "input" | "output",
): (options: JsonSchemaTarget) => JsonSchema {
  const { jsonSchema } = (schema?.["~standard"] ?? {}) as Partial<
    DocumentedSchema["~standard"]
  >;
  return (options) => envelope(jsonSchema?.[side](options) ?? {});
}

function checkData<T>(
  event: CloudEventInput,
  schema: Schema,
): Awaitable<SchemaResult<CloudEvent<T>>> {
  const take = (result: SchemaResult<unknown>): SchemaResult<CloudEvent<T>> => {
    if (result.issues === undefined) {
      return { value: { ...event, data: result.value } as CloudEvent<T> };
    }
    return {
      issues: result.issues.map(({ message, path = [] }) => ({
        message,
        path: ["data", ...path],
      })),
    };
  };
  const result = schema["~standard"].validate(event.data);
  return isPromiseLike<SchemaResult<unknown>>(result)
    ? result.then(take)
    : take(result as SchemaResult<unknown>);
}

/**
 * Types the events of a channel by the schema of their data, which it checks.
 *
 * @example Attributes and data are typed
 * ```ts
 * import assert from "node:assert/strict";
 * import { cloudEvents, eventSchema } from "@ruststream/codecs/cloudevents";
 * import { channel } from "@ruststream/core";
 * import * as z from "zod";
 *
 * const placed = channel("orders.placed", {
 *   payload: eventSchema(z.object({ id: z.number() })),
 *   codec: cloudEvents(),
 * });
 * const checked = await placed.payload?.["~standard"].validate({ data: { id: "x" } });
 * assert.deepEqual(checked?.issues?.[0]?.path, ["data", "id"]);
 * ```
 *
 * @param schema Checks the data. Without one nothing is checked.
 */
export function eventSchema<S extends Schema>(
  schema: S,
):
  & Schema<CloudEventInput<SchemaInput<S>>, CloudEvent<SchemaOutput<S>>>
  & DocumentedSchema;
/** Types the events of a channel without a check. */
export function eventSchema<T>():
  & Schema<CloudEventInput<T>, CloudEvent<T>>
  & DocumentedSchema;
export function eventSchema(
  schema?: Schema,
): Schema<CloudEventInput, CloudEvent> & DocumentedSchema {
  const validate = (value: unknown): Awaitable<SchemaResult<CloudEvent>> => {
    if (typeof value !== "object" || value === null) {
      return { issues: [{ message: "expected a CloudEvent" }] };
    }
    return schema === undefined
      ? { value: value as CloudEvent }
      : checkData(value as CloudEventInput, schema);
  };
  return Object.freeze({
    "~standard": Object.freeze({
      version: 1 as const,
      vendor: "ruststream",
      validate,
      jsonSchema: Object.freeze({
        input: documented(schema, "input"),
        output: documented(schema, "output"),
      }),
    }),
  });
}
