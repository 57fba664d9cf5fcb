import type { Awaitable } from "./awaitable.ts";

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where, from the outside in. */
  readonly path?:
    | ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>
    | undefined;
}

/** What validating gives: the value, or what is wrong with it. */
export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<SchemaIssue> };

/**
 * What a payload or headers schema must have: version 1 of [Standard Schema](https://standardschema.dev), which zod, valibot, arktype and others implement.
 */
export interface Schema<In = unknown, Out = In> {
  /** The one property of the specification. */
  readonly "~standard": {
    /** The specification's version. */
    readonly version: 1;
    /** Who made the schema. */
    readonly vendor: string;
    /** Checks a value, and gives what it becomes. */
    readonly validate: (value: unknown) => Awaitable<SchemaResult<Out>>;
    /** Types only; nothing is there at run time. */
    readonly types?:
      | { readonly input: In; readonly output: Out }
      | undefined;
  };
}

/** What a schema takes. */
export type SchemaInput<S extends Schema> = NonNullable<
  S["~standard"]["types"]
>["input"];
/** What a schema gives. */
export type SchemaOutput<S extends Schema> = NonNullable<
  S["~standard"]["types"]
>["output"];
