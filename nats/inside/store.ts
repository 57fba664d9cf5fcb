import { matches } from "./match.ts";
import { bytesOf } from "./packet.ts";

/** A message that a stream holds. */
export interface Stored {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Uint8Array | undefined;
  readonly body: Uint8Array;
  /** When it was stored, in milliseconds since the epoch. */
  readonly at: number;
  /** What it takes of the stream's bytes. */
  readonly bytes: number;
}

/** The messages of a stream, by their sequence. */
export class Store {
  readonly #held = new Map<number, Stored>();
  readonly #bySubject = new Map<string, Set<number>>();
  readonly #size: (message: Omit<Stored, "bytes">) => number;
  #last: number;
  #first: number;
  #bytes = 0;
  #lastAt: number | undefined;

  /** `first` is the sequence of the first message; 0 where nobody said. */
  constructor(storage: unknown, first: number) {
    this.#size = storage === "memory" ? memorySize : fileSize;
    this.#last = Math.max(0, first - 1);
    this.#first = first;
  }

  get size(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The first sequence that is held; where nothing is, the next; 0 where nothing ever was. */
  get first(): number {
    return this.#first;
  }

  /** The last sequence that was given. */
  get last(): number {
    return this.#last;
  }

  /** When the last message was stored. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** How many messages each subject has. */
  get subjects(): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#bySubject;
  }

  /** What a message would take. */
  sizeOf(message: Pick<Stored, "subject" | "headers" | "body">): number {
    return this.#size({ ...message, sequence: 0, at: 0 });
  }

  add(message: Pick<Stored, "subject" | "headers" | "body" | "at">): Stored {
    const sequence = this.skip(message.at);
    const stored = { ...message, sequence, bytes: this.sizeOf(message) };
    this.#held.set(sequence, stored);
    this.#bytes += stored.bytes;
    const same = this.#bySubject.get(stored.subject);
    if (same === undefined) {
      this.#bySubject.set(stored.subject, new Set([sequence]));
    } else same.add(sequence);
    if (this.#held.size === 1) this.#first = sequence;
    return stored;
  }

  /** Gives a sequence to nothing. */
  skip(at: number): number {
    this.#lastAt = at;
    this.#last++;
    if (this.#held.size === 0) this.#first = this.#last + 1;
    return this.#last;
  }

  get(sequence: number): Stored | undefined {
    return this.#held.get(sequence);
  }

  remove(sequence: number): Stored | undefined {
    const stored = this.#held.get(sequence);
    if (stored === undefined) return undefined;
    this.#held.delete(sequence);
    this.#bytes -= stored.bytes;
    const same = this.#bySubject.get(stored.subject);
    if (same?.delete(sequence) && same.size === 0) {
      this.#bySubject.delete(stored.subject);
    }
    if (sequence === this.#first) this.#advance();
    return stored;
  }

  /** Nothing before a sequence is held or was. */
  startAt(sequence: number): void {
    if (sequence - 1 > this.#last) this.#last = sequence - 1;
    if (this.#held.size === 0) this.#first = Math.max(this.#first, sequence);
  }

  /** The first message from a sequence on whose subject one of these takes; all do where there is none. */
  next(from: number, filters: readonly string[]): Stored | undefined {
    for (let at = Math.max(from, this.#first); at <= this.#last; at++) {
      const stored = this.#held.get(at);
      if (stored !== undefined && takes(filters, stored.subject)) return stored;
    }
    return undefined;
  }

  /** The last message of a subject, wildcards allowed. */
  lastOf(subject: string): Stored | undefined {
    let last = 0;
    for (const [held, sequences] of this.#bySubject) {
      if (matches(subject, held)) last = Math.max(last, ...sequences);
    }
    return this.#held.get(last);
  }

  /** All messages, in order. */
  all(): readonly Stored[] {
    return [...this.#held.values()];
  }

  /** How many from a sequence on these filters take. */
  count(from: number, filters: readonly string[]): number {
    let count = 0;
    for (const { sequence, subject } of this.#held.values()) {
      if (sequence >= from && takes(filters, subject)) count++;
    }
    return count;
  }

  #advance(): void {
    const [next] = this.#held.keys();
    this.#first = next ?? this.#last + 1;
  }
}

/** Whether one of these takes a subject; all do where there is none. */
export function takes(filters: readonly string[], subject: string): boolean {
  return filters.length === 0 ||
    filters.some((filter) => matches(filter, subject));
}

function fileSize(
  { subject, headers, body }: Omit<Stored, "bytes">,
): number {
  const head = headers === undefined ? 0 : headers.length + 4;
  return 22 + bytesOf(subject).length + head + body.length + 8;
}

function memorySize(
  { subject, headers, body }: Omit<Stored, "bytes">,
): number {
  return 16 + bytesOf(subject).length + (headers?.length ?? 0) + body.length;
}
