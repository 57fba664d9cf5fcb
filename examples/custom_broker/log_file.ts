import {
  type BrokerEvent,
  deliveredHeaders,
  type Delivery,
  type ErrorCode,
  headers,
  type Message,
  MessagingError,
} from "@ruststream/core/contract";
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A message, as a line of a file holds it: the same for every reader. */
export type Entry = Required<Pick<Delivery, "id" | "message" | "publishedAt">>;

const chunkBytes = 262_144;
const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: "denied",
  EROFS: "denied",
  ENOSPC: "overloaded",
  ENAMETOOLONG: "refused",
};

/** Works with a file, and says in the words of the contract what went wrong. */
export async function inWords<T>(
  deed: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // What has no code is no answer of the system, or is in words already.
    const { code: found } = cause as { readonly code?: string };
    if (found === undefined || cause instanceof MessagingError) throw cause;
    const code = codes[found] ?? "connection";
    throw new MessagingError(code, `Cannot ${deed}: ${found}`, { cause });
  }
}

/** The file of an address. No two addresses share one, even where names of files have no case. */
export function pathOf(directory: string, address: string): string {
  const name = encodeURIComponent(address)
    .replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`);
  return join(directory, `${name}.ndjson`);
}

/** The addresses that have a file, whichever process made it. */
export async function addressesIn(
  directory: string,
): Promise<readonly string[]> {
  const names = await inWords(
    `look into "${directory}"`,
    () => readdir(directory),
  );
  return names.flatMap((name) => {
    const [, encoded = ""] = /^(.+)\.ndjson$/.exec(name) ?? [];
    try {
      const address = decodeURIComponent(
        encoded.replace(/\^[a-z]/g, ([, letter = ""]) => letter.toUpperCase()),
      );
      return address === "" ? [] : [address];
    } catch {
      // Somebody else's file.
      return [];
    }
  });
}

/** The lines of a file; none where there is no file. */
export async function readLines(path: string): Promise<readonly string[]> {
  return await inWords(`read "${path}"`, async () => {
    try {
      return (await readFile(path, "utf8")).split("\n").filter(Boolean);
    } catch (error) {
      if ((error as { readonly code?: string }).code === "ENOENT") return [];
      throw error;
    }
  });
}

/** Makes the line of a message. */
export function encodeLine(message: Message, now: number): Uint8Array {
  const { address, body, headers: fields = [], key } = message;
  const base64 = Buffer.from(body).toString("base64");
  const rest = { address, headers: [...fields], key, body: base64 };
  const json = JSON.stringify({ id: randomUUID(), at: now, ...rest });
  // A writer that died may have left half a line: the line end in front keeps that from spoiling this one.
  return Buffer.from(`\n${json}\n`);
}

function decodeLine(line: string): Entry {
  const { id, at, address, headers: fields, key, body } = JSON.parse(line);
  const message: Message = {
    address,
    body: new Uint8Array(Buffer.from(body, "base64")),
    headers: deliveredHeaders(headers(fields)),
    ...(key !== undefined && { key }),
  };
  return { id, message, publishedAt: new Date(at) };
}

/** Appends a line by one write, into which no other process can write; with `toDisk` it survives a loss of power too. */
export function append(
  path: string,
  line: Uint8Array,
  { toDisk = false }: { readonly toDisk?: boolean } = {},
): Promise<void> {
  return inWords(`append to "${path}"`, async () => {
    await using file = await open(path, "a");
    const { bytesWritten } = await file.write(line);
    if (bytesWritten === line.length) return toDisk ? file.sync() : undefined;
    throw new MessagingError(
      "overloaded",
      `Cannot append to "${path}": it took ${bytesWritten} bytes of ${line.length}`,
    );
  });
}

/** Reads the messages of one file that are appended from now on. */
export class Tail {
  readonly #path: string;
  readonly #report: (event: BrokerEvent) => void;
  #offset = 0;
  // What was read and not taken yet.
  #found: Entry[] = [];

  constructor(path: string, report: (event: BrokerEvent) => void) {
    this.#path = path;
    this.#report = report;
  }

  /** Goes to the end of the file, which is made if it is not there. */
  start(): Promise<void> {
    return inWords(`read "${this.#path}"`, async () => {
      await using file = await open(this.#path, "a");
      this.#offset = (await file.stat()).size;
    });
  }

  /** Takes up to so many messages that are there. */
  async take(count: number): Promise<readonly Entry[]> {
    if (this.#found.length === 0) await this.#read(chunkBytes);
    return this.#found.splice(0, count);
  }

  /** Takes all that is there at this moment: publishers need not stop. */
  async takeAll(): Promise<readonly Entry[]> {
    await this.#read(Infinity);
    return this.#found.splice(0);
  }

  #read(mostBytes: number): Promise<void> {
    return inWords(`read "${this.#path}"`, async () => {
      await using file = await open(this.#path, "r");
      const left = (await file.stat()).size - this.#offset;
      if (left < 0) {
        throw new MessagingError(
          "connection",
          `Cannot read on in "${this.#path}": it was cut short by ${-left} bytes`,
        );
      }
      if (left === 0) return;
      const chunk = Buffer.alloc(Math.min(left, mostBytes));
      await file.read(chunk, 0, chunk.length, this.#offset);
      const end = chunk.lastIndexOf("\n") + 1;
      this.#offset += end;
      const lines = chunk.toString("utf8", 0, end).split("\n");
      for (const line of lines.filter(Boolean)) this.#parse(line);
      // One line may be longer than that.
      if (end === 0 && left > mostBytes) await this.#read(mostBytes * 2);
    });
  }

  #parse(line: string): void {
    try {
      this.#found.push(decodeLine(line));
    } catch {
      const detail = `A line of "${this.#path}" is no message`;
      this.#report({ kind: "dropped", count: 1, detail });
    }
  }
}
