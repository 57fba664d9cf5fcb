import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { systemClock } from "../contract/clock.ts";
import type { Input } from "./world.ts";

const chunkBytes = 65_536;
/** Looks into an empty pipe one turn of the event loop apart, before they are further apart. */
const eagerLooks = 64;
/** Between two later looks. */
const lookMs = 5;

/** `process.stdin`, as far as it is the same everywhere. */
export interface StandardInput extends AsyncIterable<Uint8Array> {
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
  destroy(): unknown;
}

/** Whether an error of the system has a code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Opens a file or a named pipe. */
export async function openFile(path: string): Promise<Input> {
  const file = await open(path);
  const stat = await file.stat();
  if (stat.isDirectory()) {
    await file.close();
    throw new TypeError(`Cannot read "${path}": it is a directory`);
  }
  if (!stat.isFIFO()) return new FileInput(file);
  // The first one has waited for the writer, which is there now.
  const pipe = await openWithoutWaiting(path);
  if (pipe === undefined) return new FileInput(file);
  await file.close();
  return new FileInput(pipe);
}

interface DenoGlobal {
  readonly Deno?: {
    readonly stdin: { readonly readable: ReadableStream<Uint8Array> };
  };
}

/**
 * Opens standard input.
 *
 * On Deno a read of `process.stdin` cannot be given up, and keeps the process alive until somebody writes; one of its own stream can.
 */
export function openStandard(stdin: StandardInput): Input {
  const { Deno: deno } = globalThis as DenoGlobal;
  return deno === undefined
    ? new StreamInput(stdin)
    : new ReaderInput(deno.stdin.readable.getReader());
}

/** Opens a pipe so that no read of it waits in a thread; undefined where that cannot be done. */
async function openWithoutWaiting(
  path: string,
): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NONBLOCK } = constants;
  try {
    return await open(path, O_RDONLY | O_NONBLOCK);
  } catch {
    return undefined;
  }
}

class FileInput implements Input {
  readonly #file: FileHandle;
  readonly #closing = new AbortController();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(): Promise<Uint8Array | undefined> {
    // A buffer of its own for each chunk: brokers may keep what is a part of it.
    const buffer = new Uint8Array(chunkBytes);
    for (let looks = 0;; looks++) {
      try {
        const { bytesRead } = await this.#file.read(
          buffer,
          0,
          chunkBytes,
          null,
        );
        return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
      } catch (error) {
        if (!isCode(error, "EAGAIN")) throw error;
      }
      if (looks < eagerLooks) await systemClock.turn();
      else await systemClock.sleep(lookMs, this.#closing.signal);
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return this.#file.close();
  }
}

class StreamInput implements Input {
  readonly #stream: StandardInput;
  readonly #ignore = (): void => {};
  #chunks: AsyncIterator<Uint8Array> | undefined;

  constructor(stream: StandardInput) {
    this.#stream = stream;
    stream.on("error", this.#ignore);
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#chunks ??= this.#stream[Symbol.asyncIterator]();
    const { value, done } = await this.#chunks.next();
    return done
      ? undefined
      : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  // deno-lint-ignore require-await -- the contract's shape
  async close(): Promise<void> {
    this.#stream.destroy();
    this.#stream.off("error", this.#ignore);
  }
}

class ReaderInput implements Input {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.#reader.read()).value;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
