import {
  type AddressPattern,
  type Connection,
  headers,
  isMessagingError,
  type Keeps,
  type KeptMessage,
  type KeptMessages,
  type Message,
  parseAddress,
  type SubscribeOptions,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { replaced } from "./faulty_replace.ts";

type Read = KeptMessages["read"];
type Subscribed = readonly [AddressPattern, SubscribeOptions];

/** What a fault of kept messages knows. */
interface Found {
  readonly connection: Connection & Keeps;
  readonly address: AddressPattern;
  /** What was subscribed to on this connection. */
  readonly subscribed: readonly Subscribed[];
}

/** A fault of what a broker keeps. */
function ofKept(
  breaks: string,
  change: (messages: KeptMessages, found: Found) => object,
  others: (connection: Connection & Keeps) => object = () => ({}),
): () => Fault {
  return () => ({
    breaks,
    connection: (beneath) => {
      if (!("kept" in beneath)) return {};
      const connection = beneath as Connection & Keeps;
      const subscribed: Subscribed[] = [];
      return {
        subscribe: (
          address: AddressPattern,
          options: SubscribeOptions = {},
        ) => {
          subscribed.push([address, options]);
          return connection.subscribe(address, options);
        },
        kept: async (...[address, options]: Parameters<Keeps["kept"]>) => {
          const messages = await connection.kept(address, options);
          const found = { connection, address, subscribed };
          return replaced(messages, change(messages, found));
        },
        ...others(connection),
      };
    },
  });
}

/** A fault of what reading gives. */
function ofRead(
  breaks: string,
  give: (
    read: (options?: Parameters<Read>[0]) => ReadableStream<KeptMessage>,
    found: Found,
  ) => AsyncGenerator<KeptMessage>,
): () => Fault {
  return ofKept(breaks, (messages, found) => ({
    read: (options?: Parameters<Read>[0]) => {
      const all = give(() => messages.read(options), found);
      return new ReadableStream<KeptMessage>({
        async pull(controller) {
          const { done, value } = await all.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      }, { highWaterMark: 0 });
    },
  }));
}

/** Takes one delivery from each group, as a reader that is a member would. */
async function takeOne({ connection, subscribed }: Found): Promise<void> {
  for (const [address, options] of subscribed) {
    if (options.group === undefined) continue;
    const member = await connection.subscribe(address, options);
    const reader = member.deliveries.getReader();
    await (await reader.read()).value?.settle({ kind: "ack" });
    await member[Symbol.asyncDispose]();
  }
}

/** Faults of looking at what is kept, and of removing it. */
export const faultyKept: Readonly<Record<string, () => Fault>> = {
  "kept-newest-first": ofRead(
    "What is kept is read from its end.",
    async function* (read) {
      yield* (await Array.fromAsync(read())).toReversed();
    },
  ),
  "kept-reads-on": ofRead(
    "A reading of what is kept goes on with what is published meanwhile.",
    async function* (read) {
      let last = 0;
      for await (const one of read()) {
        last = Number(one.id);
        yield one;
      }
      for await (const one of read()) if (Number(one.id) > last) yield one;
    },
  ),
  "kept-takes": ofRead(
    "Looking at what is kept takes a delivery from each group.",
    async function* (read, found) {
      await takeOne(found);
      yield* read();
    },
  ),
  "kept-loses-fields": ofRead(
    "Kept messages have no headers.",
    async function* (read) {
      for await (const one of read()) {
        yield { ...one, message: { ...one.message, headers: headers() } };
      }
    },
  ),
  "kept-of-one-address": ofRead(
    "What is kept of a pattern is that of one of its addresses.",
    async function* (read) {
      let first: string | undefined;
      for await (const one of read()) {
        first ??= one.message.address;
        if (one.message.address === first) yield one;
      }
    },
  ),
  "counts-one-more": ofKept(
    "The count of what is kept is one too many, where there are any.",
    (messages) => ({
      count: async () => {
        const count = await messages.count();
        return count === 0 ? 0 : count + 1;
      },
    }),
  ),
  "keeps-nothing": ofKept(
    "A message that is to be kept is not published.",
    () => ({}),
    (connection) => ({
      keep: async (...[message, options]: Parameters<Keeps["keep"]>) => {
        if (connection.state === "closed") {
          await connection.keep(message, options);
        }
      },
    }),
  ),
  "kept-forgets-signal": ofKept(
    "What is done with kept messages forgets its signal.",
    (messages) => ({
      read: () => messages.read(),
      count: () => messages.count(),
      remove: (one: KeptMessage) => messages.remove(one),
      purge: () => messages.purge(),
    }),
  ),
  "kept-outlives": ofKept(
    "Counting what is kept after shutdown resolves.",
    (messages, { connection }) => ({
      count: async (...given: Parameters<KeptMessages["count"]>) => {
        try {
          return await messages.count(...given);
        } catch (error) {
          if (!isMessagingError(error) || connection.state !== "closed") {
            throw error;
          }
          return 0;
        }
      },
    }),
  ),
  "removes-nothing": ofKept(
    "What is removed stays, and is said to be gone.",
    () => ({ remove: () => Promise.resolve(true) }),
  ),
  "removes-twice": ofKept(
    "Removing what is gone says that it was there.",
    (messages) => ({
      remove: async (...given: Parameters<KeptMessages["remove"]>) => {
        await messages.remove(...given);
        return true;
      },
    }),
  ),
  "removes-others": ofKept(
    "Removing takes messages of any address.",
    (_messages, { connection }) => ({
      remove: async (...given: Parameters<KeptMessages["remove"]>) => {
        const { address }: Message = given[0].message;
        const own = await connection.kept(parseAddress(address));
        return await own.remove(...given);
      },
    }),
  ),
  "purge-leaves-one": ofKept(
    "A purge leaves the newest message.",
    (messages) => ({
      purge: async (...given: Parameters<KeptMessages["purge"]>) => {
        await messages.count(...given);
        const all = await Array.fromAsync(messages.read());
        for (const one of all.slice(0, -1)) await messages.remove(one);
        return all.length;
      },
    }),
  ),
};
