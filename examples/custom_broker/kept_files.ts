import {
  type AddressPattern,
  type KeptMessage,
  type KeptMessages,
  type KeptOptions,
  matchAddress,
  untilAborted,
} from "@ruststream/core/contract";
import { randomUUID } from "node:crypto";
import {
  addressesIn,
  append,
  type Entry,
  pathOf,
  readLines,
  Tail,
} from "./log_file.ts";

/** A line of the file beside a log: these ids were removed, and by whom. */
interface Removal {
  readonly by: string;
  readonly ids: readonly string[];
}

/** What is kept, and how to know that its connection is closed. */
export interface KeptFilesOptions {
  /** Where the files are. */
  readonly directory: string;
  /** Which of them are meant. */
  readonly address: AddressPattern;
  /** Throws what says that the connection is closed. */
  readonly checkOpen: (deed: string) => void;
}

/**
 * What the files of one pattern hold, but for what was removed.
 *
 * Files only grow: who removes a message appends its id to a file beside the log, and the first who did has removed it.
 */
export class KeptFiles implements KeptMessages {
  readonly #options: KeptFilesOptions;

  constructor(options: KeptFilesOptions) {
    this.#options = options;
  }

  read({ signal }: KeptOptions = {}): ReadableStream<KeptMessage> {
    let left: Iterator<Entry> | undefined;
    return new ReadableStream<KeptMessage>({
      pull: async (controller) => {
        left ??= (await this.#do("read", () => this.#all(), signal)).values();
        this.#check("read", signal);
        const next = left.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
    }, { highWaterMark: 0 });
  }

  async count({ signal }: KeptOptions = {}): Promise<number> {
    return (await this.#do("count", () => this.#all(), signal)).length;
  }

  async remove(
    { id, message: { address } }: KeptMessage,
    { signal }: KeptOptions = {},
  ): Promise<boolean> {
    return await this.#do("remove", async () => {
      if (matchAddress(this.#options.address, address) === undefined) {
        return false;
      }
      const path = pathOf(this.#options.directory, address);
      const there = await keptIn(path);
      return there.some((entry) => entry.id === id) &&
        await removeFrom(path, [id]) === 1;
    }, signal);
  }

  async purge({ signal }: KeptOptions = {}): Promise<number> {
    return await this.#do("purge", async () => {
      let count = 0;
      for (const path of await this.#paths()) {
        const ids = (await keptIn(path)).map(({ id }) => id);
        if (ids.length > 0) count += await removeFrom(path, ids);
      }
      return count;
    }, signal);
  }

  async #all(): Promise<readonly Entry[]> {
    const files = await Promise.all((await this.#paths()).map(keptIn));
    // A sort is stable: of one file the order is that of its lines.
    return files.flat().sort((a, b) => +a.publishedAt - +b.publishedAt);
  }

  async #paths(): Promise<readonly string[]> {
    const { address, directory } = this.#options;
    return (await addressesIn(directory))
      .filter((one) => matchAddress(address, one) !== undefined)
      .map((one) => pathOf(directory, one));
  }

  async #do<T>(
    verb: string,
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    this.#check(verb, signal);
    return await untilAborted(work, signal);
  }

  #check(verb: string, signal?: AbortSignal): void {
    const { address, checkOpen } = this.#options;
    checkOpen(`${verb} what is kept of "${address.template}"`);
    signal?.throwIfAborted();
  }
}

async function keptIn(path: string): Promise<readonly Entry[]> {
  const removed = await removalsOf(path);
  // Looking reports nothing: readers of the file do.
  const entries = await new Tail(path, () => {}).takeAll();
  return entries.filter(({ id }) => !removed.has(id));
}

/** Removes messages, and says how many of them nobody had removed before. */
async function removeFrom(
  path: string,
  ids: readonly string[],
): Promise<number> {
  const by = randomUUID();
  const line = JSON.stringify({ by, ids } satisfies Removal);
  await append(`${path}.removed`, new TextEncoder().encode(`\n${line}\n`));
  const removed = await removalsOf(path);
  return ids.filter((id) => removed.get(id) === by).length;
}

/** Who removed which message: the first who said so. */
async function removalsOf(path: string): Promise<ReadonlyMap<string, string>> {
  const first = new Map<string, string>();
  for (const line of await readLines(`${path}.removed`)) {
    for (const id of idsOf(line)) {
      if (!first.has(id.id)) first.set(id.id, id.by);
    }
  }
  return first;
}

function idsOf(line: string): readonly { id: string; by: string }[] {
  try {
    const { by, ids }: Removal = JSON.parse(line);
    return ids.map((id) => ({ id, by }));
  } catch {
    // Half a line of who died: it removed nothing.
    return [];
  }
}
