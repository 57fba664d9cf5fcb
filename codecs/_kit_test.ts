import {
  type AsyncCodec,
  type Codec,
  type Encodable,
  headers,
  type HeadersInput,
} from "@ruststream/core/contract";
import fc from "fast-check";

/** How many cases a property tries: 2,000, or what `RUSTSTREAM_CASES` says. */
export const cases: number = Number(
  (globalThis as unknown as { process: { env: Record<string, string> } })
    .process.env["RUSTSTREAM_CASES"] ?? 2_000,
);

/** Properties of so many cases take longer than a test may by default. */
export const timeoutMs: number = 30_000 + cases * 10;

/** A message as a codec reads it. */
export function message(body: Uint8Array, fields?: HeadersInput): Encodable {
  return { body, headers: headers(fields) };
}

/** What a codec reads of what it wrote itself. */
export function through(codec: Codec, value: unknown): unknown {
  const encoded = codec.encode(value);
  return codec.decode(message(encoded.body, encoded.headers));
}

/** The same for one that waits. */
export async function throughLater(
  codec: AsyncCodec,
  value: unknown,
): Promise<unknown> {
  const encoded = await codec.encode(value);
  return await codec.decode(message(encoded.body, encoded.headers));
}

/** What decoding throws; undefined where it throws nothing. */
export function thrownBy(decode: () => unknown): unknown {
  try {
    decode();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What a promise is rejected with; undefined where it is not. */
export async function rejectionOf(decode: () => unknown): Promise<unknown> {
  try {
    await decode();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Numbers without the zero that has a sign: no format here but floats tells them apart. */
export const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
);

/** Any text of Unicode. */
export const texts: fc.Arbitrary<string> = fc.string({ unit: "binary" });

/** Lists and objects of such leaves, a few levels deep. */
export function trees(
  ...leaves: readonly fc.Arbitrary<unknown>[]
): fc.Arbitrary<unknown> {
  const keys = fc.string().filter((key) => key !== "__proto__");
  return fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.oneof(texts, numbers, fc.boolean(), fc.constant(null), ...leaves),
      fc.array(tie("tree"), { maxLength: 6 }),
      fc.dictionary(keys, tie("tree"), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).tree as fc.Arbitrary<unknown>;
}

/** Bytes that mean nothing, and those that a codec wrote with one of them changed, some cut off, or some more. */
export function damaged(
  codec: Codec,
  values: fc.Arbitrary<unknown>,
): fc.Arbitrary<Uint8Array> {
  const written = fc
    .tuple(values, fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "add"))
    .map(([value, place, byte, how]) => {
      const { body } = codec.encode(value);
      const at = body.length === 0 ? 0 : place % body.length;
      if (how === "cut") return body.slice(0, at);
      const copy = new Uint8Array(body.length + (how === "add" ? 1 : 0));
      copy.set(body);
      copy[how === "add" ? body.length : at] = byte;
      return copy;
    });
  return fc.oneof(fc.uint8Array({ maxLength: 100 }), written);
}
