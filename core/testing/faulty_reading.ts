import type { Batches, Delivery, Settlement } from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { replaced } from "./faulty_replace.ts";

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

/** A fault of what reads batches: what stands in for members of the reader. */
export function ofBatches(
  breaks: string,
  change: (reader: ReadableStreamDefaultReader<readonly Delivery[]>) => object,
): () => Fault {
  return batching(breaks, (open) => (max) => {
    const stream = open(max);
    return replaced(stream, {
      getReader: () => {
        const reader = stream.getReader();
        return replaced(reader, change(reader));
      },
    });
  });
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
      breaks:
        "Each second reader without a group sees two of many messages the other way round.",
      reader: (reader, { options: { group } }) => {
        if (group !== undefined || ++readers % 2 === 1) return {};
        let count = 0;
        let held: Read | undefined;
        return {
          read: async () => {
            const late = held;
            held = undefined;
            if (late !== undefined) return late;
            const read = await reader.read();
            if (read.done || ++count % 32 !== 0) return read;
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
    breaks: "Cancelling takes one more, and keeps it.",
    reader: (reader) => ({
      cancel: () => {
        reader.read().catch(() => {});
        return reader.cancel();
      },
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
      breaks: "A drain drops what had arrived after the first delivery.",
      reader: (reader) => {
        readers.push(reader);
        return {};
      },
      subscription: (subscription, { handedOut }) => ({
        drain: async () => {
          if (handedOut.length === 0) await subscription.drain();
          else await readers[0]?.cancel();
        },
      }),
    };
  },
  "drain-never-closes": () => ({
    breaks: "A stream whose first read waits goes on after its drain.",
    subscription: (subscription, { handedOut }) => ({
      drain: async () => {
        const waits = handedOut.length === 0 && subscription.deliveries.locked;
        if (!waits) await subscription.drain();
      },
    }),
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
    let many = false;
    return {
      breaks:
        "A read that is given up, of deliveries one by one, takes the next with it.",
      batches: (open) => (max) => {
        const stream = open(max);
        return replaced(stream, {
          getReader: () => {
            many = true;
            return stream.getReader();
          },
        });
      },
      reader: (reader, of) => {
        if (many) {
          many = false;
          return {};
        }
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
  "faces-apart": () => ({
    breaks: "Batches can be read beside deliveries.",
    subscription: (subscription) => {
      const { deliveries } = subscription;
      const { batches } = subscription as unknown as Batches;
      return {
        batches: (max: number) =>
          deliveries.locked
            ? new ReadableStream()
            : batches.call(subscription, max),
      };
    },
  }),
  "reads-too-many": batching(
    "A batch holds more than was asked for.",
    (batches) => (max) => batches(max >= 1 ? max + 1 : max),
  ),
  "empty-batches": () => {
    let given = 0;
    return ofBatches("Each fourth batch is empty.", (reader) => ({
      read: async () =>
        ++given % 4 === 0 ? { done: false, value: [] } : await reader.read(),
    }))();
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
  "waits-for-full-batches": ofBatches(
    "The first batch waits until it holds 3.",
    (reader) => {
      let first = true;
      return {
        read: async () => {
          const all: Delivery[] = [];
          for (;;) {
            const read = await reader.read();
            if (read.done || !first) return read;
            all.push(...read.value);
            first = all.length < 3;
            if (!first) return { done: false, value: all };
          }
        },
      };
    },
  ),
  "takes-any-max": batching(
    "A batch of none at most is opened.",
    (batches) => (max) => batches(max >= 1 ? max : 1),
  ),
  "batch-settles-together": () => {
    const chunks = new WeakMap<Delivery, readonly Delivery[]>();
    return {
      breaks: "A retry of one of a batch settles all of it.",
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
          if (settlement.kind !== "retry") return;
          for (const one of chunks.get(delivery) ?? []) {
            await Promise.resolve(one.settle({ kind: "ack" })).catch(() => {});
          }
        },
      }),
    };
  },
};
