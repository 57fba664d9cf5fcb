import type { KeyCodec } from "./bucket_options.ts";

const lawfulName = /^[-\w]+$/;
const lawfulKey = /^[-/_=\w]+(?:\.[-/_=\w]+)*$/;
const lawfulFilter = /^(?:[-/_=\w]+|\*)(?:\.(?:[-/_=\w]+|\*))*(?:\.>)?$|^>$/;

/**
 * Refuses what cannot name a bucket.
 *
 * @throws {TypeError} Where it is none.
 */
export function checkBucketName(name: unknown): string {
  if (typeof name === "string" && lawfulName.test(name)) return name;
  throw new TypeError(
    `Cannot name a bucket ${
      JSON.stringify(name)
    }: expected letters, digits, "-" and "_" alone`,
  );
}

/** How the keys of a bucket become subjects, and back. */
export class Keys {
  readonly #bucket: string;
  readonly #codec: KeyCodec | undefined;

  constructor(bucket: string, codec: KeyCodec | undefined) {
    this.#bucket = bucket;
    this.#codec = codec;
  }

  /**
   * What is written for a key.
   *
   * @throws {TypeError} If it is no key.
   */
  written(key: string): string {
    const written = typeof key === "string" ? this.#encoded(key) : undefined;
    if (written !== undefined && lawfulKey.test(written)) return written;
    throw new TypeError(
      `Cannot use the key ${
        JSON.stringify(key)
      } of bucket "${this.#bucket}": expected letters, digits, "-", "_", "/" and "=", and single dots between them`,
    );
  }

  /** The key that something was written for. */
  called(written: string): string {
    const codec = this.#codec;
    if (codec === undefined) return written;
    try {
      return written.split(".").map((one) => codec.decode(one)).join(".");
    } catch {
      return written;
    }
  }

  /**
   * What is written for the keys that are meant: themselves, or patterns of them.
   *
   * @throws {TypeError} If one is neither.
   */
  filters(which: string | readonly string[] | undefined): readonly string[] {
    const filters = which === undefined
      ? [">"]
      : typeof which === "string"
      ? [which]
      : which;
    if (filters.length > 0) return filters.map((one) => this.#filter(one));
    throw new TypeError(
      `Cannot read bucket "${this.#bucket}": expected at least one key or pattern, found none`,
    );
  }

  #filter(filter: string): string {
    const wild = typeof filter === "string" && /[*>]/.test(filter);
    if (!wild) return this.written(filter);
    const written = this.#encoded(filter, /^[*>]$/);
    if (lawfulFilter.test(written)) return written;
    throw new TypeError(
      `Cannot use the keys ${
        JSON.stringify(filter)
      } of bucket "${this.#bucket}": expected "*" for one token, or ">" for all that follow`,
    );
  }

  #encoded(key: string, but?: RegExp): string {
    const codec = this.#codec;
    if (codec === undefined) return key;
    return key.split(".")
      .map((token) => but?.test(token) ? token : codec.encode(token))
      .join(".");
  }
}
