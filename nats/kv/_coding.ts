import {
  type AsyncCodec,
  type Codec,
  type Encodable,
  type Encoded,
  MessagingError,
  type Schema,
  type SchemaIssue,
  type SchemaResult,
  toUtf8,
  utf8Reader,
} from "@ruststream/core/contract";

const readUtf8 = utf8Reader(false);

/** What values are written in where nothing is said. */
export const jsonValues: Codec = Object.freeze({
  contentType: "application/json",
  encode(value: unknown): Encoded {
    const text = JSON.stringify(value);
    if (text !== undefined) return { body: toUtf8(text) };
    throw new TypeError(
      `Cannot encode a value as JSON: found ${typeof value}`,
    );
  },
  decode: ({ body }: Encodable): unknown => JSON.parse(readUtf8(body)),
});

/** How the values of a bucket are written and checked. */
export interface ValueShape {
  readonly payload: Schema;
  readonly codec: Codec | AsyncCodec;
}

function textOf(issues: ReadonlyArray<SchemaIssue>): string {
  return issues.map(({ message, path = [] }) => {
    const at = path.map((part) =>
      String(typeof part === "object" ? part.key : part)
    );
    return [...at.length > 0 ? [at.join(".")] : [], message].join(": ");
  }).join("; ");
}

async function check(
  deed: string,
  { payload }: ValueShape,
  value: unknown,
): Promise<unknown> {
  let checked: SchemaResult<unknown>;
  try {
    checked = await payload["~standard"].validate(value);
  } catch (cause) {
    throw new MessagingError(
      "schema",
      `Cannot ${deed}: the schema of its value threw`,
      { cause },
    );
  }
  if (checked.issues === undefined) return checked.value;
  throw new MessagingError(
    "schema",
    `Cannot ${deed}: the schema of its value refuses, ${
      textOf(checked.issues)
    }`,
  );
}

function uncoded(deed: string, found: string, cause: unknown): MessagingError {
  return new MessagingError("codec", `Cannot ${deed}: ${found}`, { cause });
}

/**
 * Checks a value, and writes it.
 *
 * @throws {MessagingError} `schema` or `codec`.
 */
export async function encodeValue(
  deed: string,
  shape: ValueShape,
  value: unknown,
): Promise<Encoded> {
  await check(deed, shape, value);
  const { codec } = shape;
  try {
    return await codec.encode(value);
  } catch (cause) {
    throw uncoded(deed, `${codec.contentType} cannot encode the value`, cause);
  }
}

/**
 * Reads a value, and checks it.
 *
 * @throws {MessagingError} `codec` or `schema`.
 */
export async function decodeValue(
  deed: string,
  shape: ValueShape,
  message: Encodable,
): Promise<unknown> {
  const { codec } = shape;
  let value: unknown;
  try {
    value = await codec.decode(message);
  } catch (cause) {
    throw uncoded(deed, `${codec.contentType} cannot decode the value`, cause);
  }
  return await check(deed, shape, value);
}
