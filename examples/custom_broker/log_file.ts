import {
  type BrokerEvent,
  headers,
  type Message,
  MessagingError,
} from "@ruststream/core/contract";
import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** A message, as a line of a file holds it. */
export interface Entry {
  /** The address and the place in its file: the same for every reader. */
  readonly id: string;
  readonly message: Message;
  readonly publishedAt: Date;
}

const lineEnd = 10;

/** The file of an address. No two addresses share one, even where names of files have no case. */
export function pathOf(directory: string, address: string): string {
  const name = encodeURIComponent(address).replace(
    /%..|[A-Z]/g,
    (found) =>
      found.length > 1 ? found : `%${found.charCodeAt(0).toString(16)}`,
  );
  return join(directory, `${name}.ndjson`);
}

/** Makes the line of a message. */
export function encodeLine(message: Message, now: number): Uint8Array {
  const { body, key, headers: fields = [] } = message;
  const json = JSON.stringify({
    at: now,
    key,
    // Copied, so that they are checked: another library may have made them.
    headers: [...headers([...fields])],
    body: Buffer.from(body).toString("base64"),
  });
  // A writer that died may have left half a line: the line end in front keeps that from spoiling this one.
  return Buffer.from(`\n${json}\n`);
}

function decodeLine(line: string, address: string, offset: number): Entry {
  const { at, key, headers: fields, body } = JSON.parse(line);
  const message: Message = {
    address,
    body: new Uint8Array(Buffer.from(body, "base64")),
    headers: headers(fields),
    ...(key !== undefined && { key }),
  };
  return { id: `${address}@${offset}`, message, publishedAt: new Date(at) };
}

/** Appends a line by one write, into which no other process can write. */
export async function append(path: string, line: Uint8Array): Promise<void> {
  await using file = await open(path, "a");
  const { bytesWritten } = await file.write(line);
  if (bytesWritten === line.length) return;
  throw new MessagingError(
    "overloaded",
    `Cannot append to "${path}": it took ${bytesWritten} bytes of ${line.length}`,
  );
}

/** Reads the lines of one file that are appended from now on. */
export class Tail {
  readonly #path: string;
  readonly #address: string;
  readonly #report: (event: BrokerEvent) => void;
  // What was read and not taken yet, and where in the file that begins.
  #chunk: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(
    path: string,
    address: string,
    report: (event: BrokerEvent) => void,
  ) {
    this.#path = path;
    this.#address = address;
    this.#report = report;
  }

  /** Goes to the end of the file, which is made if it is not there. */
  async start(): Promise<this> {
    await using file = await open(this.#path, "a");
    this.#offset = (await file.stat()).size;
    return this;
  }

  /** Takes up to so many messages out of what was read. */
  take(count: number): Entry[] {
    const taken: Entry[] = [];
    while (taken.length < count) {
      const end = this.#chunk.indexOf(lineEnd);
      if (end === -1) break;
      const line = this.#chunk.toString("utf8", 0, end);
      try {
        if (end > 0) taken.push(decodeLine(line, this.#address, this.#offset));
      } catch {
        const detail = `A line of "${this.#path}" is no message`;
        this.#report({ kind: "dropped", count: 1, detail });
      }
      this.#chunk = this.#chunk.subarray(end + 1);
      this.#offset += end + 1;
    }
    return taken;
  }

  /** Reads on; false where there is no more. */
  async fill(mostBytes: number): Promise<boolean> {
    const from = this.#offset + this.#chunk.length;
    await using file = await open(this.#path, "r");
    const { size } = await file.stat();
    if (size < from) {
      throw new MessagingError(
        "connection",
        `Cannot read on in "${this.#path}": of ${from} bytes it has ${size} left`,
      );
    }
    const more = Buffer.alloc(Math.min(size - from, mostBytes));
    if (more.length === 0) return false;
    const { bytesRead } = await file.read(more, 0, more.length, from);
    this.#chunk = Buffer.concat([this.#chunk, more.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }
}
