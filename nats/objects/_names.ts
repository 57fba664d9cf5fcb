import { Buffer } from "node:buffer";

/** Where the parts of a store are: its stream, and the subjects of that. */
export interface StoreSubjects {
  readonly stream: string;
  readonly allChunks: string;
  readonly allMeta: string;
  /** Where the bytes of one version of an object are. */
  chunks(version: string): string;
  /** Where an object is described. */
  meta(name: string): string;
}

const lawful = /^[-\w]+$/;

/**
 * The subjects of a store.
 *
 * @throws {TypeError} If it cannot have that name.
 */
export function subjectsOf(store: unknown): StoreSubjects {
  if (typeof store !== "string" || !lawful.test(store)) {
    throw new TypeError(
      `Cannot name an object store ${
        JSON.stringify(store)
      }: expected letters, digits, "-" and "_"`,
    );
  }
  return {
    stream: `OBJ_${store}`,
    allChunks: `$O.${store}.C.>`,
    allMeta: `$O.${store}.M.>`,
    chunks: (version) => `$O.${store}.C.${version}`,
    meta: (name) => `$O.${store}.M.${base64Url(Buffer.from(name))}`,
  };
}

/** Base64 with the letters of URLs, and padded. */
export function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** The bytes of Base64, of either letters. */
export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

// A subject is part of a line of the protocol, of which the server takes 4,096 bytes.
const longestBytes = 2_048;

/**
 * Refuses what cannot name an object.
 *
 * @throws {TypeError} If it is empty, or no text.
 * @throws {RangeError} If it is too long.
 */
export function checkObjectName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
    throw new TypeError(
      `Cannot name an object ${
        JSON.stringify(name)
      }: expected text that is not empty`,
    );
  }
  const bytes = Buffer.byteLength(name);
  if (bytes <= longestBytes) return;
  throw new RangeError(
    `Cannot name an object "${
      name.slice(0, 20)
    }…": it has ${bytes} bytes, at most ${longestBytes} are taken`,
  );
}
