/** A JSON Schema: plain data. */
export interface JsonSchema {
  /** Its keywords. */
  readonly [keyword: string]: unknown;
}

/** Which form of JSON Schema is asked for. */
export interface JsonSchemaTarget {
  /** A version of the specification, as Standard JSON Schema names it: `draft-07`, `draft-2020-12`. */
  readonly target: string;
}

/** What a schema has that can say itself as JSON Schema: the part that [Standard JSON Schema](https://standardschema.dev/json-schema) adds. */
export interface DocumentedSchema {
  /** The one property of the specification. */
  readonly "~standard": {
    /** Gives the schema for documents. */
    readonly jsonSchema: {
      /** What is written. */
      readonly input: (options: JsonSchemaTarget) => JsonSchema;
      /** What is read. */
      readonly output: (options: JsonSchemaTarget) => JsonSchema;
    };
  };
}
