import { isMessagingError, onAbort, systemClock } from "../contract/mod.ts";
import type { Fault, FaultySubscription } from "./fault.ts";
import { never } from "./faulty_method.ts";

type Seek = (
  position: unknown,
  options?: { readonly signal?: AbortSignal },
) => Promise<void>;
type Read = ReadableStreamReadResult<unknown>;

/** What a fault of seeking remembers of one subscription. */
interface Memory {
  reads: number;
  seeks: number;
  last: unknown;
  ended: boolean;
}

const nothing = (): Memory => ({
  reads: 0,
  seeks: 0,
  last: undefined,
  ended: false,
});

/** A fault of seeking, with what it remembers of each subscription. */
function seeking(
  breaks: string,
  change: (seek: Seek, memory: Memory, of: FaultySubscription) => Seek,
  read?: (
    read: () => Promise<Read>,
    memory: Memory,
  ) => Promise<Read>,
): () => Fault {
  return () => {
    const memories = new WeakMap<object, Memory>();
    const of = (subscription: object): Memory => {
      const memory = memories.get(subscription) ?? nothing();
      memories.set(subscription, memory);
      return memory;
    };
    return {
      breaks,
      subscription: (subscription, all) => {
        const seek: unknown = Reflect.get(subscription, "seek", subscription);
        if (typeof seek !== "function") return {};
        const call = seek.bind(subscription) as Seek;
        return { seek: change(call, of(subscription), all) };
      },
      ...(read && {
        reader: (reader, { subscription }) => ({
          read: () => read(() => reader.read(), of(subscription)),
        }),
      }),
    };
  };
}

const sequenceOf = (position: unknown): number =>
  Number(Reflect.get(Object(position), "sequence"));

/** Faults of moving a subscription in a log. */
export const faultySeeking: Readonly<Record<string, () => Fault>> = {
  "seeks-back-only": seeking(
    "A seek forward moves nothing.",
    (seek, memory) => async (position, options) => {
      const to = sequenceOf(position);
      if (memory.reads > 0 && to > Number(memory.last)) return;
      await seek(position, options);
    },
    async (read, memory) => {
      const got = await read();
      memory.reads++;
      memory.last = sequenceOf(
        Reflect.get(Object(got.value), "position"),
      );
      return got;
    },
  ),
  "seek-needs-a-read": seeking(
    "A seek before the first read moves nothing.",
    (seek, memory) => async (position, options) => {
      if (memory.reads > 0) await seek(position, options);
    },
    async (read, memory) => {
      const got = await read();
      memory.reads++;
      return got;
    },
  ),
  "seek-remembers": seeking(
    "A second seek to the same position moves nothing.",
    (seek, memory) => async (position, options) => {
      if (memory.last === position) return;
      await seek(position, options);
      memory.last = position;
    },
  ),
  "seek-abort-hangs": seeking(
    "A seek hangs when it is aborted under way.",
    (seek) => async (position, options) => {
      await seek(position, options);
      for (let turn = 0; options?.signal && turn < 20; turn++) {
        await systemClock.turn();
      }
      if (options?.signal?.aborted) await never();
    },
  ),
  "seek-signal-ends-it": seeking(
    "The signal of a seek ends the subscription later.",
    (seek, memory) => async (position, options) => {
      await seek(position, options);
      onAbort(options?.signal, () => memory.ended = true);
    },
    async (read, memory) =>
      memory.ended ? { done: true, value: undefined } : await read(),
  ),
  "seek-forgets-reader": seeking(
    "A read that waits at a seek waits for ever.",
    (seek, memory) => async (position, options) => {
      memory.seeks++;
      await seek(position, options);
    },
    async (read, memory) => {
      const { seeks } = memory;
      const got = await read();
      return seeks === memory.seeks ? got : await never();
    },
  ),
  "seek-outlives-cancel": seeking(
    "A seek after a cancel resolves.",
    (seek, _, { connection }) => async (position, options) => {
      try {
        await seek(position, options);
      } catch (error) {
        const cancelled = isMessagingError(error, "closed") &&
          connection.state !== "closed";
        if (!cancelled) throw error;
      }
    },
  ),
  "seeks-to-what-is-left": seeking(
    "A seek to a message that is gone resolves.",
    (seek) => async (position, options) => {
      try {
        await seek(position, options);
      } catch (error) {
        if (!isMessagingError(error, "refused")) throw error;
      }
    },
  ),
};
