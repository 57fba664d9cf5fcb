import {
  type Connection,
  type Delivery,
  parseAddress,
  type Settlement,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";

type Reader = ReadableStreamDefaultReader<unknown>;
type Read = ReadableStreamReadResult<unknown>;

/** A fault of reading: what stands in for `read`, made once for each subscription's reader. */
function reading(
  breaks: string,
  make: (reader: Reader) => () => Promise<Read>,
): () => Fault {
  return () => ({ breaks, reader: (reader) => ({ read: make(reader) }) });
}

type OpenBatches = (max: number) => ReadableStream<readonly Delivery[]>;

/** A fault of how batches are opened. */
function batching(
  breaks: string,
  change: (open: OpenBatches) => OpenBatches,
): () => Fault {
  return () => ({ breaks, batches: change });
}

/** The deliveries of a chunk of either face. */
function deliveriesOf(chunk: unknown): readonly Delivery[] {
  return Array.isArray(chunk) ? chunk : [chunk as Delivery];
}

/** Faults of subscriptions and of what is read from them. */
export const faultyReading: Readonly<Record<string, () => Fault>> = {
  "an-order-for-each": () => {
    let readers = 0;
    return {
      breaks: "Each second reader sees pairs of messages the other way round.",
      reader: (reader) => {
        const turned = ++readers % 2 === 0;
        let held: Read | undefined;
        return {
          read: async () => {
            if (held !== undefined) {
              const read = held;
              held = undefined;
              return read;
            }
            const read = await reader.read();
            if (!turned || read.done) return read;
            held = read;
            return await reader.read();
          },
        };
      },
    };
  },
  "reads-ahead": reading("One more is read than was asked for.", (reader) => {
    let ahead: Promise<Read> | undefined;
    return async () => {
      const read = await (ahead ?? reader.read());
      ahead = reader.read();
      ahead.catch(() => {});
      return read;
    };
  }),
  "delivers-twice": reading("Each fourth delivery comes twice.", (reader) => {
    let count = 0;
    let held: Read | undefined;
    return async () => {
      if (held !== undefined) {
        const read = held;
        held = undefined;
        return read;
      }
      const read = await reader.read();
      if (!read.done && ++count % 4 === 0) held = read;
      return read;
    };
  }),
  "takes-all": () => ({
    breaks: "A member takes all that waits, and holds it.",
    reader: (reader) => {
      const ahead: Promise<Read>[] = [];
      return {
        read: () => {
          while (ahead.length < 4) {
            ahead.push(reader.read());
            ahead.at(-1)?.catch(() => {});
          }
          return ahead.shift();
        },
      };
    },
  }),
  "keeps-what-it-read-ahead": () => ({
    breaks: "Cancelling keeps what was read ahead.",
    reader: (reader) => {
      let ahead: Promise<Read> | undefined;
      return {
        read: async () => {
          const read = await (ahead ?? reader.read());
          ahead = reader.read();
          ahead.catch(() => {});
          return read;
        },
        cancel: async () => {},
      };
    },
  }),
  "ignores-patterns": () => {
    let only: string | undefined;
    return {
      breaks: "Of a pattern the first address is read.",
      reader: (reader) => ({
        read: async () => {
          for (;;) {
            const read = await reader.read();
            if (read.done) return read;
            const { message } = read.value as Delivery;
            only ??= message.address;
            if (only === message.address) return read;
          }
        },
      }),
    };
  },
  "gets-everything": () => ({
    breaks: "A subscription gets the messages of addresses beneath its own.",
    connection: (connection) => ({
      subscribe: (
        ...[address, options]: Parameters<Connection["subscribe"]>
      ) =>
        address.tokens.every(({ kind }) => kind === "literal")
          ? connection.subscribe(parseAddress("{all+}"), options)
          : connection.subscribe(address, options),
    }),
  }),
  "dies-of-a-reject": () => {
    let dead = false;
    return {
      breaks: "A reject ends the stream.",
      reader: (reader) => ({
        read: () =>
          dead ? Promise.reject(new TypeError("Cannot go on")) : reader.read(),
      }),
      delivery: (delivery) => ({
        settle: (settlement: Settlement) => {
          dead ||= settlement.kind === "reject";
          return delivery.settle(settlement);
        },
      }),
    };
  },
  "cancel-does-nothing": () => ({
    breaks: "A cancel resolves, and changes nothing.",
    reader: () => ({ cancel: async () => {} }),
  }),
  "cancel-disposes": () => ({
    breaks: "A cancel takes away what is in hand.",
    reader: (reader, { subscription }) => ({
      cancel: async () => {
        await subscription[Symbol.asyncDispose]();
        await reader.cancel();
      },
    }),
  }),
  "dispose-only-cancels": () => {
    const readers: Reader[] = [];
    return {
      breaks: "Disposing a subscription keeps what is in hand.",
      reader: (reader) => {
        readers.push(reader);
        return {};
      },
      subscription: () => ({
        [Symbol.asyncDispose]: async () => {
          await readers[0]?.cancel();
        },
      }),
    };
  },
  "drain-cuts-short": () => {
    const readers: Reader[] = [];
    return {
      breaks: "A drain drops what had arrived.",
      reader: (reader) => {
        readers.push(reader);
        return {};
      },
      subscription: () => ({
        drain: async () => {
          await readers[0]?.cancel();
        },
      }),
    };
  },
  "drain-never-closes": () => ({
    breaks: "A stream goes on after its drain.",
    subscription: () => ({ drain: async () => {} }),
  }),
  "drain-closes-all": () => ({
    breaks: "A drain shuts the connection down.",
    subscription: (subscription, { connection }) => ({
      drain: async () => {
        await subscription.drain();
        await connection.shutdown();
      },
    }),
  }),
  "cancel-hangs-in-a-drain": () => {
    let draining = false;
    return {
      breaks: "A cancel waits for ever while the subscription is drained.",
      reader: (reader) => ({
        cancel: () => draining ? new Promise(() => {}) : reader.cancel(),
      }),
      subscription: (subscription) => ({
        drain: async () => {
          draining = true;
          await subscription.drain();
        },
      }),
    };
  },
  "swallows-given-up-read": () => {
    const owed = new WeakSet<object>();
    return {
      breaks: "A read that is given up takes the next delivery with it.",
      reader: (reader, of) => {
        let waits = false;
        return {
          read: async () => {
            if (owed.delete(of)) await reader.read();
            waits = true;
            return await reader.read().finally(() => waits = false);
          },
          releaseLock: () => {
            if (waits) owed.add(of);
            reader.releaseLock();
          },
        };
      },
    };
  },
  "shutdown-takes-along": () => {
    const inHand: Delivery[] = [];
    return {
      breaks: "What is in hand at shutdown is consumed.",
      delivery: (delivery) => {
        inHand.push(delivery);
        return {};
      },
      connection: (connection) => ({
        shutdown: async () => {
          for (const delivery of inHand) {
            await Promise.resolve(delivery.settle({ kind: "ack" })).catch(
              () => {},
            );
          }
          await connection.shutdown();
        },
      }),
    };
  },
  "one-stuck-stops-all": () => {
    const unsettled = new Map<Reader, number>();
    return {
      breaks: "A subscriber that holds a delivery stops the others.",
      reader: (reader) => {
        unsettled.set(reader, 0);
        return {
          read: async () => {
            for (const [other, count] of unsettled) {
              if (other !== reader && count > 0) {
                return await new Promise(() => {});
              }
            }
            unsettled.set(reader, 1);
            return await reader.read();
          },
        };
      },
    };
  },
  "one-group-for-all": () => ({
    breaks: "All groups are one.",
    connection: (connection) => ({
      subscribe: (
        ...[address, options = {}]: Parameters<Connection["subscribe"]>
      ) =>
        connection.subscribe(
          address,
          options.group === undefined ? options : { ...options, group: "one" },
        ),
    }),
  }),
  "faces-apart": () => ({
    breaks: "Each face can be read for itself.",
    subscription: () => ({ batches: () => new ReadableStream() }),
  }),
  "reads-too-many": batching(
    "A batch holds more than was asked for.",
    (batches) => (max) => batches(max + 1),
  ),
  "empty-batches": () => {
    let given = 0;
    return {
      breaks: "Each second batch is empty.",
      reader: (reader) => ({
        read: async () =>
          ++given % 2 === 0 ? { done: false, value: [] } : await reader.read(),
      }),
    };
  },
  "reverses-batches": reading(
    "A batch begins with the newest.",
    (reader) => async () => {
      const read = await reader.read();
      return Array.isArray(read.value)
        ? { done: false, value: read.value.toReversed() }
        : read;
    },
  ),
  "waits-for-full-batches": reading(
    "A batch waits until it holds 3.",
    (reader) => async () => {
      const all: unknown[] = [];
      for (;;) {
        const read = await reader.read();
        if (read.done || !Array.isArray(read.value)) return read;
        all.push(...read.value);
        if (all.length >= 3) return { done: false, value: all };
      }
    },
  ),
  "takes-any-max": batching(
    "A batch of none at most is opened.",
    (batches) => (max) => batches(max >= 1 ? max : 1),
  ),
  "batch-settles-together": () => {
    const chunks = new WeakMap<Delivery, readonly Delivery[]>();
    return {
      breaks: "Settling one of a batch settles all of it.",
      reader: (reader) => ({
        read: async () => {
          const read = await reader.read();
          for (const one of deliveriesOf(read.value ?? [])) {
            chunks.set(one, deliveriesOf(read.value));
          }
          return read;
        },
      }),
      delivery: (delivery) => ({
        settle: async (settlement: Settlement) => {
          await delivery.settle(settlement);
          for (const one of chunks.get(delivery) ?? []) {
            await Promise.resolve(one.settle({ kind: "ack" })).catch(() => {});
          }
        },
      }),
    };
  },
};
